#include "runtime/container/check.h"

#include "base/path.h"
#include "base/strings.h"
#include "runtime/cmd/command.h"
#include "runtime/cmd/create_options.h"
#include "runtime/cmd/output.h"
#include "spec/json_writer.h"

namespace cmd {

namespace {

constexpr int kWouldFail = 1;

std::string check_json(const container::Findings& findings) {
  spec::JsonWriter out(spec::JsonWriter::kTwoSpaces);
  out.begin_array();
  for (const container::Finding& finding : findings) {
    out.begin_object();
    out.field("level", finding.fatal ? "error" : "warning");
    if (!finding.where.empty()) out.field("where", finding.where);
    out.field("what", finding.what);
    if (!finding.hint.empty()) out.field("hint", finding.hint);
    out.end_object();
  }
  out.end_array();
  return out.take() + "\n";
}

std::string check_text(const container::Findings& findings) {
  if (findings.empty()) return "nothing found that would fail\n";
  std::string out;
  for (const container::Finding& finding : findings) {
    out += format("%s: %s%s%s\n", finding.fatal ? "error" : "warning", finding.where.c_str(),
                  finding.where.empty() ? "" : ": ", finding.what.c_str());
    if (!finding.hint.empty()) out += format("  hint: %s\n", finding.hint.c_str());
  }
  return out;
}

}  // namespace

Result<int> run_check(const Invocation& call) {
  container::CreateOptions options;
  options.id = call.id.empty() ? "container" : call.id;
  options.bundle = absolute_path(call.flags.text("bundle"));
  options.config_file = absolute_or_empty(call.flags.text("config"));
  options.detach = false;
  container::Findings findings = container::check(call.globals, options);
  bool json = call.flags.text("format") == "json";
  TRY(print(json ? check_json(findings) : check_text(findings)));
  for (const container::Finding& finding : findings) {
    if (finding.fatal) return kWouldFail;
  }
  return 0;
}

}  // namespace cmd
