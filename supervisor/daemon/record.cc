#include "supervisor/daemon/record.h"

#include <algorithm>

#include "base/strings.h"

namespace rtd {

namespace {

constexpr std::string_view kSum = "crc32c ";

}  // namespace

std::optional<int> LastExit::status() const {
  if (code) return *code;
  if (signal) return 128 + *signal;
  return std::nullopt;
}

uint32_t crc32c(std::string_view data) {
  uint32_t crc = ~0u;
  for (char c : data) {
    crc ^= static_cast<unsigned char>(c);
    // Castagnoli, reflected
    for (int i = 0; i < 8; i++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
  }
  return ~crc;
}

std::string to_text(const Record& record) {
  std::string line = spec::write_json(record, spec::JsonWriter::kCompact);
  return line + "\n" + std::string(kSum) + format("%08x", crc32c(line)) + "\n";
}

Result<Record> parse_record(std::string_view text) {
  size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  std::string_view rest = end == std::string_view::npos ? "" : trim(text.substr(end));
  if (!rest.starts_with(kSum))
    return Error::make(Code::ConfigInvalid, "container.json: it has no checksum");
  if (parse_number<uint32_t>(rest.substr(kSum.size()), 16) != crc32c(line)) {
    return Error::make(Code::ConfigInvalid, "container.json: its checksum does not fit");
  }
  Record record = TRY(spec::read_json<Record>(line, "container.json"));
  if (record.version != 1)
    return Error::make(Code::Unsupported, "container.json: version %d, of a newer daemon",
                       record.version);
  TRY(check_id(record.id));
  return record;
}

Result<LastExit> parse_exit_record(std::string_view text) {
  spec::JsonDocument document = TRY(spec::JsonDocument::parse(text, "exit.json"));
  spec::JsonValue root = document.root();
  LastExit exit;
  if (root.find("exitCode")) exit.code = TRY(root.get<int32_t>("exitCode"));
  if (root.find("signal")) exit.signal = TRY(root.get<int32_t>("signal"));
  if (!exit.code && !exit.signal)
    exit.reason = "a monitor was killed, and this kernel tells the status to nobody else";
  exit.core_dumped = TRY(root.get<bool>("coreDumped", false));
  if (root.find("oomKills")) exit.oom_kills = TRY(root.get<uint64_t>("oomKills"));
  exit.started_at = TRY(root.get<std::string>("startedAt", ""));
  exit.exited_at = TRY(root.get<std::string>("exitedAt", ""));
  if (std::optional<spec::JsonValue> log = root.find("log")) {
    exit.lost_bytes = TRY(log->get<uint64_t>("lostBytes", 0));
    exit.lost_lines = TRY(log->get<uint64_t>("lostLines", 0));
  }
  return exit;
}

Status check_id(std::string_view id) {
  auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  bool fine = !id.empty() && id.size() <= 128 && letter(id[0]) &&
              std::all_of(id.begin(), id.end(),
                          [&](char c) { return letter(c) || c == '_' || c == '.' || c == '-'; });
  if (fine) return {};
  return Error::make(Code::Usage, "%s cannot be a container's id", spec::quote_briefly(id).c_str())
      .with_hint(
          "an id has at most 128 letters, digits, '_', '.' and '-', and begins with a letter or a "
          "digit");
}

}  // namespace rtd
