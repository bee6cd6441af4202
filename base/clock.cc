#include "base/clock.h"

#include <time.h>

#include <chrono>

#include "base/strings.h"

namespace {

timespec read_clock(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);  // cannot fail for these clocks
  return now;
}

}  // namespace

int64_t monotonic_ms() {
  timespec now = read_clock(CLOCK_MONOTONIC);
  return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

std::string rfc3339_now() {
  // Not gmtime_r(): it looks for /etc/localtime first.
  timespec now = read_clock(CLOCK_REALTIME);
  std::chrono::sys_seconds time{std::chrono::seconds{now.tv_sec}};
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date{day};
  std::chrono::hh_mm_ss clock{time - day};
  return format("%04d-%02u-%02uT%02d:%02d:%02d.%09ldZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), now.tv_nsec);
}
