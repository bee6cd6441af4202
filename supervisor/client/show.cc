#include "supervisor/client/show.h"

#include <stdio.h>
#include <unistd.h>

#include <algorithm>

#include "base/io.h"
#include "spec/json_writer.h"
#include "supervisor/protocol/rpc.h"

namespace client {

Result<int> print_json(const std::string& text) {
  spec::JsonDocument document = TRY(spec::JsonDocument::parse(text, "the daemon's answer"));
  TRY(write_all(STDOUT_FILENO,
                protocol::json_text(document.root(), spec::JsonWriter::kTwoSpaces) + "\n",
                "stdout"));
  return 0;
}

std::string table_text(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); i++) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); i++) {
      for (char c : row[i]) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
      if (i + 1 < row.size()) text.append(widths[i] - row[i].size() + 3, ' ');
    }
    text += '\n';
  }
  return text;
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  fputs(table_text(rows).c_str(), stdout);
}

Result<std::vector<std::string>> container_row(spec::JsonValue container,
                                               const std::string& state) {
  std::optional<spec::JsonValue> pid = container.find("pid"), exit = container.find("exit"),
                                 restart = container.find("restart");
  std::optional<spec::JsonValue> status = exit ? exit->find("status") : std::nullopt;
  bool over = state == "exited";
  std::string id = TRY(container.get<std::string>("id")),
              created = TRY(container.get<std::string>("created_at"));
  int64_t restarts = restart ? TRY(restart->get<int64_t>("count", 0)) : 0;
  return std::vector<std::string>{id,
                                  state,
                                  pid ? std::string(pid->text()) : "-",
                                  !over    ? "-"
                                  : status ? std::string(status->text())
                                           : "unknown",
                                  std::to_string(restarts),
                                  created.substr(0, 19) + "Z"};
}

}  // namespace client
