#include "runtime/linux/rlimit_names.h"

#include <sys/resource.h>

namespace sys {

namespace {

struct Rlimit {
  std::string_view name;
  int resource;
};

// Numbers differ between architectures (mips, sparc), so the order says nothing.
constexpr Rlimit kRlimits[] = {
    {"RLIMIT_AS", RLIMIT_AS},
    {"RLIMIT_CORE", RLIMIT_CORE},
    {"RLIMIT_CPU", RLIMIT_CPU},
    {"RLIMIT_DATA", RLIMIT_DATA},
    {"RLIMIT_FSIZE", RLIMIT_FSIZE},
    {"RLIMIT_LOCKS", RLIMIT_LOCKS},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    {"RLIMIT_NICE", RLIMIT_NICE},
    {"RLIMIT_NOFILE", RLIMIT_NOFILE},
    {"RLIMIT_NPROC", RLIMIT_NPROC},
    {"RLIMIT_RSS", RLIMIT_RSS},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    {"RLIMIT_RTTIME", RLIMIT_RTTIME},
    {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"RLIMIT_STACK", RLIMIT_STACK},
};

}  // namespace

std::optional<int> rlimit_resource(std::string_view name) {
  for (const Rlimit& limit : kRlimits) {
    if (limit.name == name) return limit.resource;
  }
  return std::nullopt;
}

std::string_view rlimit_name(int resource) {
  for (const Rlimit& limit : kRlimits) {
    if (limit.resource == resource) return limit.name;
  }
  return {};
}

std::vector<std::string_view> known_rlimits() {
  std::vector<std::string_view> names;
  for (const Rlimit& limit : kRlimits) names.push_back(limit.name);
  return names;
}

}  // namespace sys
