#include <unistd.h>

#include <algorithm>

#include "base/io.h"
#include "runtime/cmd/command.h"
#include "runtime/cmd/duration.h"
#include "runtime/cmd/output.h"
#include "runtime/cmd/use_json.h"
#include "runtime/container/container.h"

namespace cmd {

namespace {

constexpr int64_t kDefaultIntervalMs = 5000;
constexpr int64_t kNanosecondsPerMillisecond = 1000000;

Result<int64_t> interval_ms(const Parsed& flags) {
  if (!flags.given("interval")) return kDefaultIntervalMs;
  std::string text = flags.text("interval");
  std::optional<int64_t> nanoseconds = parse_duration(text);
  if (!nanoseconds) {
    return Error::make(Code::Usage, "invalid value '%s' for --interval", text.c_str())
        .with_hint("expected a length of time with its unit, such as 5s or 100ms");
  }
  if (*nanoseconds <= 0)
    return Error::make(Code::Usage, "--interval: duration interval must be greater than 0");
  return std::max<int64_t>(*nanoseconds / kNanosecondsPerMillisecond, 1);
}

}  // namespace

Result<int> run_events(const Invocation& call) {
  int64_t interval = TRY(interval_ms(call.flags));
  if (call.flags.on("stats")) {
    container::Use use = TRY(container::use(call.globals, call.id));
    return print(event_json(call.id, &use));
  }
  TRY(container::events(call.globals, call.id, interval, [&call](const container::Use* use) {
    return write_all(STDOUT_FILENO, event_json(call.id, use), "stdout");
  }));
  return 0;
}

}  // namespace cmd
