// Properties of a unit from annotations: "org.systemd.property.TimeoutStopUSec": "uint64 5000000",
// as runc and crun take them.

#include <algorithm>

#include "base/strings.h"
#include "runtime/cgroup/dbus_value.h"
#include "runtime/cgroup/systemd.h"

namespace cgroup::systemd {
namespace {

constexpr std::string_view kPrefix = "org.systemd.property.";

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

Status check_name(const std::string& name) {
  constexpr size_t kShortest = 3;
  bool letters = std::all_of(name.begin(), name.end(),
                             [](char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); });
  if (!letters || name.size() < kShortest)
    return Error::make(Code::ConfigInvalid, "'%s' is no name of a property", name.c_str())
        .with_hint("org.freedesktop.systemd1(5) has the names");
  // Which processes are in the unit, and where it is, is not the configuration's to say.
  for (const char* ours : {"PIDs", "Slice", "ControlGroup", "Delegate"}) {
    if (name != ours) continue;
    return Error::make(Code::ConfigInvalid, "'%s' is decided by the runtime", ours)
        .with_hint("linux.cgroupsPath says which slice the unit is in");
  }
  return {};
}

// The documentation has TimeoutStopSec, in seconds; the bus has TimeoutStopUSec, in microseconds.
Status convert_seconds(std::string* name, dbus::Value* value) {
  constexpr std::string_view kSec = "Sec";
  constexpr uint64_t kSecondUs = 1000000;
  if (!name->ends_with(kSec) || !is_lower((*name)[name->size() - kSec.size() - 1])) return {};
  uint64_t us = 0;
  bool fits;
  if (value->type == "d") {
    double product = value->real * static_cast<double>(kSecondUs);
    fits = product >= 0 && product < 1e19;
    if (fits) us = static_cast<uint64_t>(product);
  } else {
    bool is_signed = value->type == "n" || value->type == "i" || value->type == "x";
    bool is_number = is_signed || value->type == "y" || value->type == "q" || value->type == "u" ||
                     value->type == "t";
    fits = is_number && !(is_signed && static_cast<int64_t>(value->number) < 0) &&
           !__builtin_mul_overflow(value->number, kSecondUs, &us);
  }
  if (!fits)
    return Error::make(Code::ConfigInvalid, "'%s' wants a number of seconds", name->c_str());
  name->replace(name->size() - kSec.size(), kSec.size(), "USec");
  value->type = "t";
  value->number = us;
  return {};
}

}  // namespace

spec::StringMap property_annotations(const spec::StringMap& annotations) {
  spec::StringMap found;
  for (const auto& [name, value] : annotations) {
    if (std::string_view(name).starts_with(kPrefix))
      found.emplace_back(name.substr(kPrefix.size()), value);
  }
  return found;
}

Status add_annotations(const spec::StringMap& properties, dbus::Writer* out) {
  for (const auto& [given, text] : properties) {
    std::string name = given;
    std::string where = "annotation '" + std::string(kPrefix) + name + "'";
    TRY_IN(where, check_name(name));
    dbus::Value value = TRY_IN(where, dbus::parse_value(text));
    TRY_IN(where, convert_seconds(&name, &value));
    out->align(8);
    out->text(name);
    dbus::write_variant(value, out);
  }
  return {};
}

}  // namespace cgroup::systemd
