// linux.resources.devices: which devices a container may open or make, as ordered rules of which
// the last that fits decides, for each kind of access by itself. What no rule fits is denied.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "spec/config.h"

namespace cgroup {

// Kinds of access as the kernel numbers them (BPF_DEVCG_ACC_*).
enum : unsigned { kMknod = 1, kRead = 2, kWrite = 4, kAllAccess = 7 };
// "rwm" in any order to bits; empty is all.
unsigned access_bits(std::string_view access);
std::string access_text(unsigned bits);

// `rules` and, after them, what every container may use: making any device node, and the devices
// that are in every /dev. Last, so that an engine which begins with "deny all" does not have to
// list them.
std::vector<spec::DeviceRule> with_default_devices(const std::vector<spec::DeviceRule>& rules);

inline constexpr int64_t kAnyNumber = -1;

// What the v1 controller can hold: a default and exceptions to it. An exception is never narrower
// than a rule that made it, and the kernel drops one only when it is named exactly.
class DeviceList {
 public:
  struct Key {
    char type;  // b, c
    int64_t major, minor;
    bool operator==(const Key&) const = default;
    bool operator<(const Key& other) const {
      return std::tie(type, major, minor) < std::tie(other.type, other.major, other.minor);
    }
  };
  struct Line {
    bool allow;  // into devices.allow, else devices.deny
    std::string text;
  };

  // What the rules come to, in order. Code::Unsupported if the list cannot express it: a rule takes
  // something out of a wider one.
  static Result<DeviceList> from_rules(const std::vector<spec::DeviceRule>& rules);
  // The text of devices.list. Of a list that allows by default the kernel does not show the
  // exceptions.
  static Result<DeviceList> parse(std::string_view text);

  // What to write to get from `this` to `target`. Allows before it denies, so that what is in both
  // lists stays allowed throughout; starts with "a" when the default differs.
  std::vector<Line> lines_to(const DeviceList& target) const;

  bool default_allow = false;
  std::map<Key, unsigned> exceptions;  // to access bits

  bool operator==(const DeviceList&) const = default;

 private:
  Status apply(const spec::DeviceRule& rule);
  Status take_out(const Key& key, unsigned access);
};

}  // namespace cgroup
