#include "base/signal_names.h"

#include <csignal>

#include "base/strings.h"

namespace sys {

namespace {

struct Signal {
  std::string_view name;
  int number;
};

// Where a number has two names, the first one is the one to show.
constexpr Signal kSignals[] = {
    {"SIGHUP", SIGHUP},       {"SIGINT", SIGINT},   {"SIGQUIT", SIGQUIT},     {"SIGILL", SIGILL},
    {"SIGTRAP", SIGTRAP},     {"SIGABRT", SIGABRT}, {"SIGIOT", SIGIOT},       {"SIGBUS", SIGBUS},
    {"SIGFPE", SIGFPE},       {"SIGKILL", SIGKILL}, {"SIGUSR1", SIGUSR1},     {"SIGSEGV", SIGSEGV},
    {"SIGUSR2", SIGUSR2},     {"SIGPIPE", SIGPIPE}, {"SIGALRM", SIGALRM},     {"SIGTERM", SIGTERM},
#ifdef SIGSTKFLT  // not on every architecture
    {"SIGSTKFLT", SIGSTKFLT},
#endif
    {"SIGCHLD", SIGCHLD},     {"SIGCLD", SIGCHLD},  {"SIGCONT", SIGCONT},     {"SIGSTOP", SIGSTOP},
    {"SIGTSTP", SIGTSTP},     {"SIGTTIN", SIGTTIN}, {"SIGTTOU", SIGTTOU},     {"SIGURG", SIGURG},
    {"SIGXCPU", SIGXCPU},     {"SIGXFSZ", SIGXFSZ}, {"SIGVTALRM", SIGVTALRM}, {"SIGPROF", SIGPROF},
    {"SIGWINCH", SIGWINCH},   {"SIGIO", SIGIO},     {"SIGPOLL", SIGPOLL},     {"SIGPWR", SIGPWR},
    {"SIGSYS", SIGSYS},
};

// "RTMIN+3": the sign and the distance are optional, the result must be a real-time signal.
std::optional<int> parse_real_time(std::string_view name) {
  bool from_min = name.starts_with("SIGRTMIN");
  if (!from_min && !name.starts_with("SIGRTMAX")) return std::nullopt;
  std::string_view rest = name.substr(8);
  if (rest.empty()) return from_min ? SIGRTMIN : SIGRTMAX;
  if (rest.front() != (from_min ? '+' : '-')) return std::nullopt;
  std::optional<unsigned> distance = parse_number<unsigned>(rest.substr(1));
  if (!distance || *distance > static_cast<unsigned>(SIGRTMAX - SIGRTMIN)) return std::nullopt;
  return from_min ? SIGRTMIN + static_cast<int>(*distance) : SIGRTMAX - static_cast<int>(*distance);
}

}  // namespace

std::optional<int> parse_signal(std::string_view text) {
  if (std::optional<unsigned> number = parse_number<unsigned>(text)) {
    if (*number >= static_cast<unsigned>(NSIG)) return std::nullopt;
    return static_cast<int>(*number);
  }
  std::string name = to_upper(text);
  if (!name.starts_with("SIG")) name = "SIG" + name;
  for (const Signal& signal : kSignals) {
    if (signal.name == name) return signal.number;
  }
  return parse_real_time(name);
}

std::string signal_name(int number) {
  for (const Signal& signal : kSignals) {
    if (signal.number == number) return std::string(signal.name);
  }
  if (number == SIGRTMIN) return "SIGRTMIN";
  if (number == SIGRTMAX) return "SIGRTMAX";
  if (number > SIGRTMIN && number < SIGRTMAX) return format("SIGRTMIN+%d", number - SIGRTMIN);
  return format("%d", number);
}

std::vector<std::string_view> known_signals() {
  std::vector<std::string_view> names;
  for (const Signal& signal : kSignals) names.push_back(signal.name);
  names.push_back("SIGRTMIN");
  names.push_back("SIGRTMAX");
  return names;
}

}  // namespace sys
