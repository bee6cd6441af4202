// Models to test device rules with: what a list of rules means, and what the kernel's v1 controller
// does with lines. Written from the specification and the kernel's documentation, not from the code
// under test.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/strings.h"
#include "runtime/cgroup/device_rules.h"
#include "spec/config.h"

namespace cgroup::model {

struct Request {
  char type;
  uint32_t major, minor;
  unsigned access;
};

// config-linux.md: entries apply in order, so for each kind of access the last that fits has the
// word. Nothing: denied.
inline bool allows(const std::vector<spec::DeviceRule>& rules, const Request& request) {
  for (unsigned kind : {kMknod, kRead, kWrite}) {
    if ((request.access & kind) == 0) continue;
    bool allowed = false;
    for (const spec::DeviceRule& rule : rules) {
      if (rule.type != 'a' && rule.type != request.type) continue;
      if (rule.major.value_or(-1) != -1 && *rule.major != static_cast<int64_t>(request.major))
        continue;
      if (rule.minor.value_or(-1) != -1 && *rule.minor != static_cast<int64_t>(request.minor))
        continue;
      bool named = rule.access.empty() ||
                   (kind == kMknod && rule.access.find('m') != std::string::npos) ||
                   (kind == kRead && rule.access.find('r') != std::string::npos) ||
                   (kind == kWrite && rule.access.find('w') != std::string::npos);
      if (named) allowed = rule.allow;
    }
    if (!allowed) return false;
  }
  return true;
}

inline bool fits(const DeviceList::Key& key, const Request& request) {
  return key.type == request.type &&
         (key.major == -1 || key.major == static_cast<int64_t>(request.major)) &&
         (key.minor == -1 || key.minor == static_cast<int64_t>(request.minor));
}

// Documentation/admin-guide/cgroup-v1/devices.rst: denies by default and allows what one exception
// covers in full; or allows by default and denies what an exception touches.
inline bool decide(bool allow_by_default, const std::map<DeviceList::Key, unsigned>& exceptions,
                   const Request& request) {
  for (const auto& [key, access] : exceptions) {
    if (!fits(key, request)) continue;
    if (allow_by_default && (request.access & access) != 0) return false;
    if (!allow_by_default && (request.access & ~access) == 0) return true;
  }
  return allow_by_default;
}
inline bool allowed_by(const DeviceList& list, const Request& request) {
  return decide(list.default_allow, list.exceptions, request);
}

// Writes to devices.allow and devices.deny.
struct KernelList {
  bool allow_by_default = false;
  std::map<DeviceList::Key, unsigned> exceptions;

  bool write(bool allow, const std::string& line) {
    if (line[0] == 'a') {
      allow_by_default = allow;
      exceptions.clear();
      return true;
    }
    std::vector<std::string_view> words = split(line, ' ');
    if (words.size() != 3) return false;
    std::vector<std::string_view> numbers = split(words[1], ':');
    if (numbers.size() != 2 || words[2].empty()) return false;
    auto number = [](std::string_view text) {
      return text == "*" ? -1 : *parse_number<int64_t>(text);
    };
    DeviceList::Key key = {words[0][0], number(numbers[0]), number(numbers[1])};
    if (key.type != 'b' && key.type != 'c') return false;
    unsigned access = 0;
    for (char letter : words[2]) {
      if (letter != 'r' && letter != 'w' && letter != 'm') return false;
      if (letter == 'r') access |= kRead;
      if (letter == 'w') access |= kWrite;
      if (letter == 'm') access |= kMknod;
    }
    if (allow != allow_by_default) {
      exceptions[key] |= access;
      // only one named exactly
    } else if (auto found = exceptions.find(key); found != exceptions.end()) {
      found->second &= ~access;
      if (found->second == 0) exceptions.erase(found);
    }
    return true;
  }
  bool allows(const Request& request) const {
    return decide(allow_by_default, exceptions, request);
  }
};

// Few numbers, so that rules meet.
inline std::vector<spec::DeviceRule> random_rules(std::mt19937& random, unsigned most) {
  static const char* const kAccess[] = {"", "r", "w", "m", "rw", "rm", "wm", "rwm", "mr"};
  std::vector<spec::DeviceRule> rules(random() % (most + 1));
  for (spec::DeviceRule& rule : rules) {
    rule.allow = random() % 2 != 0;
    rule.type = "abc"[random() % 3];
    auto number = [&random]() -> std::optional<int64_t> {
      unsigned pick = static_cast<unsigned>(random() % 5);
      if (pick == 0) return std::nullopt;
      if (pick == 1) return -1;
      return pick - 1;
    };
    rule.major = number();
    rule.minor = number();
    rule.access = kAccess[random() % std::size(kAccess)];
    if (random() % 5 == 0) rule = {rule.allow, 'a', std::nullopt, std::nullopt, "rwm"};
  }
  return rules;
}

inline const std::vector<Request>& all_requests() {
  static const std::vector<Request> requests = [] {
    std::vector<Request> all;
    for (char type : {'b', 'c'}) {
      for (uint32_t major = 0; major <= 4; major++) {
        for (uint32_t minor = 0; minor <= 4; minor++) {
          for (unsigned access = 1; access <= kAllAccess; access++)
            all.push_back({type, major, minor, access});
        }
      }
    }
    return all;
  }();
  return requests;
}

inline std::string text_of(const Request& request) {
  return format("%c %u:%u %s", request.type, request.major, request.minor,
                access_text(request.access).c_str());
}
inline std::string text_of(const std::vector<spec::DeviceRule>& rules) {
  std::string text;
  for (const spec::DeviceRule& rule : rules) {
    text += format("[%s %c %lld:%lld '%s'] ", rule.allow ? "allow" : "deny", rule.type,
                   static_cast<long long>(rule.major.value_or(-1)),
                   static_cast<long long>(rule.minor.value_or(-1)), rule.access.c_str());
  }
  return text;
}

}  // namespace cgroup::model
