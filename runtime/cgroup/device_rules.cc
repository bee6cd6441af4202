#include "runtime/cgroup/device_rules.h"

#include <optional>

#include "base/strings.h"

namespace cgroup {
namespace {

struct Access {
  char letter;
  unsigned bit;
};
constexpr Access kAccess[] = {{'r', kRead}, {'w', kWrite}, {'m', kMknod}};

struct DefaultDevice {
  char type;
  int64_t major, minor;
  const char* access;
};
constexpr DefaultDevice kDefaultDevices[] = {
    {'c', kAnyNumber, kAnyNumber, "m"},  // any node may be made; only those allowed may be opened
    {'b', kAnyNumber, kAnyNumber, "m"},
    {'c', 1, 3, "rwm"},             // null
    {'c', 1, 5, "rwm"},             // zero
    {'c', 1, 7, "rwm"},             // full
    {'c', 5, 0, "rwm"},             // tty
    {'c', 1, 8, "rwm"},             // random
    {'c', 1, 9, "rwm"},             // urandom
    {'c', 5, 1, "rwm"},             // console
    {'c', 136, kAnyNumber, "rwm"},  // pts/N
    {'c', 5, 2, "rwm"},             // ptmx
};

std::string number_text(int64_t number) {
  return number == kAnyNumber ? "*" : std::to_string(number);
}

std::string line_text(const DeviceList::Key& key, unsigned access) {
  return std::string(1, key.type) + " " + number_text(key.major) + ":" + number_text(key.minor) +
         " " + access_text(access);
}

int64_t number_of(const std::optional<int64_t>& number) {
  return number.value_or(kAnyNumber) < 0 ? kAnyNumber : *number;
}

bool covers(int64_t wide, int64_t narrow) {
  return wide == kAnyNumber || wide == narrow;
}
bool meets(int64_t a, int64_t b) {
  return covers(a, b) || covers(b, a);
}

Result<int64_t> parse_device_number(std::string_view text) {
  if (text == "*") return kAnyNumber;
  std::optional<int64_t> number = parse_number<int64_t>(text);
  if (!number || *number < 0) return Error::make(Code::CgroupFailed, "not a device number");
  return *number;
}

}  // namespace

unsigned access_bits(std::string_view access) {
  if (access.empty()) return kAllAccess;
  unsigned bits = 0;
  for (const Access& item : kAccess) {
    if (access.find(item.letter) != std::string_view::npos) bits |= item.bit;
  }
  return bits;
}

std::string access_text(unsigned bits) {
  std::string text;
  for (const Access& item : kAccess) {
    if ((bits & item.bit) != 0) text += item.letter;
  }
  return text;
}

std::vector<spec::DeviceRule> with_default_devices(const std::vector<spec::DeviceRule>& rules) {
  std::vector<spec::DeviceRule> all = rules;
  for (const DefaultDevice& device : kDefaultDevices) {
    all.push_back({true, device.type, device.major, device.minor, device.access});
  }
  return all;
}

Result<DeviceList> DeviceList::from_rules(const std::vector<spec::DeviceRule>& rules) {
  DeviceList list;
  for (const spec::DeviceRule& rule : rules) TRY(list.apply(rule));
  return list;
}

Status DeviceList::apply(const spec::DeviceRule& rule) {
  unsigned access = access_bits(rule.access);
  Key key = {rule.type, number_of(rule.major), number_of(rule.minor)};
  bool all_numbers = key.major == kAnyNumber && key.minor == kAnyNumber;
  if (rule.type == 'a' && all_numbers && access == kAllAccess) {
    default_allow = rule.allow;
    exceptions.clear();
    return {};
  }
  // To the kernel 'a' means everything, whatever numbers follow; as two rules it means what the
  // config says.
  for (char type : {'b', 'c'}) {
    if (rule.type != 'a' && rule.type != type) continue;
    key.type = type;
    if (rule.allow == default_allow) {
      TRY(take_out(key, access));
    } else {
      exceptions[key] |= access;
    }
  }
  return {};
}

Status DeviceList::take_out(const Key& key, unsigned access) {
  for (auto item = exceptions.begin(); item != exceptions.end();) {
    const Key& other = item->first;
    bool apart = other.type != key.type || (item->second & access) == 0 ||
                 !meets(other.major, key.major) || !meets(other.minor, key.minor);
    if (apart) {
      ++item;
      continue;
    }
    if (!covers(key.major, other.major) || !covers(key.minor, other.minor)) {
      return Error::make(Code::Unsupported, "cgroup v1 cannot %s '%s' again after it %s '%s'",
                         default_allow ? "allow" : "deny", line_text(key, access).c_str(),
                         default_allow ? "denied" : "allowed",
                         line_text(other, item->second).c_str())
          .with_hint(
              "its list has no exceptions to exceptions: give narrower rules, or use cgroup v2");
    }
    item->second &= ~access;
    item = item->second == 0 ? exceptions.erase(item) : std::next(item);
  }
  return {};
}

Result<DeviceList> DeviceList::parse(std::string_view text) {
  DeviceList list;
  for (std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    std::vector<std::string_view> words = split(line, ' ');
    std::vector<std::string_view> numbers = split(words.size() == 3 ? words[1] : "", ':');
    if (numbers.size() != 2 || words[0].size() != 1) {
      return Error::make(Code::CgroupFailed, "devices.list: cannot read '%.*s'",
                         static_cast<int>(line.size()), line.data());
    }
    if (words[0] == "a") {
      list.default_allow = true;
      continue;
    }
    int64_t major = TRY_IN("devices.list", parse_device_number(numbers[0]));
    int64_t minor = TRY_IN("devices.list", parse_device_number(numbers[1]));
    list.exceptions[{words[0][0], major, minor}] |= access_bits(words[2]);
  }
  return list;
}

std::vector<DeviceList::Line> DeviceList::lines_to(const DeviceList& target) const {
  std::vector<Line> added, removed;
  static const std::map<Key, unsigned> kNone;
  bool reset = default_allow != target.default_allow;
  const std::map<Key, unsigned>& before = reset ? kNone : exceptions;
  auto access_in = [](const std::map<Key, unsigned>& list, const Key& key) {
    auto found = list.find(key);
    return found == list.end() ? 0u : found->second;
  };
  for (const auto& [key, access] : target.exceptions) {
    unsigned lacking = access & ~access_in(before, key);
    if (lacking != 0) added.push_back({!target.default_allow, line_text(key, lacking)});
  }
  for (const auto& [key, access] : before) {
    unsigned surplus = access & ~access_in(target.exceptions, key);
    if (surplus != 0) removed.push_back({target.default_allow, line_text(key, surplus)});
  }
  std::vector<Line> lines;
  if (reset) lines.push_back({target.default_allow, "a"});
  // To add an exception is to allow where the default is to deny, and the other way round.
  std::vector<Line>& first = target.default_allow ? removed : added;
  std::vector<Line>& second = target.default_allow ? added : removed;
  lines.insert(lines.end(), first.begin(), first.end());
  lines.insert(lines.end(), second.begin(), second.end());
  return lines;
}

}  // namespace cgroup
