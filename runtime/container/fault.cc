#include "runtime/container/fault.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/strings.h"

namespace container {

namespace {

// The value of `key` in RT_FAULT ("" if it is there without one), or nothing.
std::optional<std::string_view> setting(std::string_view key) {
  const char* text = getenv("RT_FAULT");
  if (text == nullptr) return std::nullopt;
  for (std::string_view part : split(text, ',')) {
    size_t equals = part.find('=');
    if (part.substr(0, equals) != key) continue;
    return equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace

int fault_step() {
  std::optional<std::string_view> text = setting("step");
  return text ? parse_number<int>(*text).value_or(-1) : -1;
}

int fault_errno() {
  std::optional<std::string_view> text = setting("errno");
  return text ? parse_number<int>(*text).value_or(0) : 0;
}

void die_of_fault() {
  for (;;) {
    (void)kill(getpid(), SIGKILL);
    pause();
  }
}

Status fault_point(const char* name) {
  std::optional<std::string_view> point = setting("point");
  if (!point || *point != name) return {};
  if (setting("kill")) die_of_fault();
  errno = fault_errno();
  return Error::sys("fault injected at '%s'", name);
}

}  // namespace container
