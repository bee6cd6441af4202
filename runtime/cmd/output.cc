#include "runtime/cmd/output.h"

#include <unistd.h>

#include <algorithm>

#include "base/io.h"
#include "base/log.h"
#include "base/strings.h"

namespace cmd {

namespace {

// One level of a JSON object: members in the order they are added.
class JsonObject {
 public:
  explicit JsonObject(std::string_view indent, int depth) : indent_(indent), depth_(depth) {}

  void add(std::string_view name, const std::string& value) {
    text_ += text_.empty() ? "{" : ",";
    newline(depth_);
    text_ += json_quote(name) + (indent_.empty() ? ":" : ": ") + value;
  }
  std::string finish() {
    newline(depth_ - 1);
    return std::move(text_) + "}";
  }

 private:
  void newline(int depth) {
    if (indent_.empty()) return;
    text_ += '\n';
    for (int i = 0; i < depth; i++) text_ += indent_;
  }
  std::string_view indent_;
  int depth_;
  std::string text_;
};

size_t width(std::string_view text) {  // characters: every byte but UTF-8 continuation bytes
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

}  // namespace

Result<int> print(std::string_view text) {
  TRY(write_all(STDOUT_FILENO, text, "stdout"));
  return 0;
}

std::string state_json(const container::Info& info, std::string_view indent) {
  const container::Record& record = info.record;
  bool alive = info.status != spec::ContainerStatus::Stopped;
  JsonObject json(indent, 1);
  json.add("ociVersion", json_quote(record.oci_version));
  json.add("id", json_quote(record.id));
  json.add("pid", format("%d", alive ? record.init.pid : 0));
  json.add("status", json_quote(spec::status_name(info.status)));
  json.add("bundle", json_quote(record.bundle));
  json.add("rootfs", json_quote(record.rootfs));
  json.add("created", json_quote(record.created));
  if (!record.annotations.empty()) {
    JsonObject annotations(indent, 2);
    for (const auto& [name, value] : record.annotations) annotations.add(name, json_quote(value));
    json.add("annotations", annotations.finish());
  }
  json.add("owner", json_quote(info.owner));
  return json.finish();
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  constexpr size_t kLeast = 12;
  constexpr size_t kGap = 3;
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), kLeast);
    for (size_t i = 0; i < row.size(); i++) widths[i] = std::max(widths[i], width(row[i]) + kGap);
  }
  std::string out;
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); i++) {
      out += printable(row[i]);
      if (i + 1 < row.size()) out.append(widths[i] - width(row[i]), ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace cmd
