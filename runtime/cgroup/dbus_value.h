// Values written as text, the way `gdbus` and `busctl` users know them (GVariant Text Format):
// annotations give properties of a unit so. All but dictionaries, maybe types and formatted strings
// of bytes, which no property of a unit has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "runtime/cgroup/dbus_message.h"

namespace dbus {

struct Value {
  std::string type;          // a single complete type: "u", "as", "a(ss)"
  std::string text;          // s, o, g
  uint64_t number = 0;       // b, y, n, q, i, u, x, t: in two's complement
  double real = 0;           // d
  std::vector<Value> items;  // of an array, a struct, or (one) a variant
};

// 'text', 5, true, uint64 5, @t 5, ['a', 'b'], ('a', uint32 1), <5>. A number without a type is
// int32, or double with a point. The error says what was expected, and at which character.
Result<Value> parse_value(std::string_view text);

void write_value(const Value& value, Writer* out);
void write_variant(const Value& value, Writer* out);  // its signature in front

}  // namespace dbus
