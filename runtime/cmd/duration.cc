#include "runtime/cmd/duration.h"

#include "base/strings.h"

namespace cmd {
namespace {

struct Unit {
  std::string_view name;
  uint64_t nanoseconds;
};
// A name that begins like another one stands before it.
constexpr Unit kUnits[] = {
    {"ns", 1},       {"us", 1000},      {"\u00b5s", 1000},  {"\u03bcs", 1000},
    {"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000},
};

std::string_view take_digits(std::string_view* text) {
  size_t end = text->find_first_not_of("0123456789");
  std::string_view digits = text->substr(0, end);
  text->remove_prefix(digits.size());
  return digits;
}

const Unit* take_unit(std::string_view* text) {
  for (const Unit& unit : kUnits) {
    if (!text->starts_with(unit.name)) continue;
    text->remove_prefix(unit.name.size());
    return &unit;
  }
  return nullptr;
}

// "1.5h": a number and its unit, off the front of `text`.
std::optional<uint64_t> take_part(std::string_view* text) {
  std::string_view whole = take_digits(text), fraction;
  if (text->starts_with('.')) {
    text->remove_prefix(1);
    fraction = take_digits(text);
  }
  if (whole.empty() && fraction.empty()) return std::nullopt;
  const Unit* unit = take_unit(text);
  if (unit == nullptr) return std::nullopt;
  uint64_t number = 0, value = 0;
  if (!whole.empty()) {
    std::optional<uint64_t> parsed = parse_number<uint64_t>(whole);
    if (!parsed) return std::nullopt;
    number = *parsed;
  }
  if (__builtin_mul_overflow(number, unit->nanoseconds, &value)) return std::nullopt;
  uint64_t weight = unit->nanoseconds;
  uint64_t part = 0;
  for (char digit : fraction) {  // what is below a nanosecond is lost
    weight /= 10;
    part += weight * static_cast<uint64_t>(digit - '0');
  }
  if (__builtin_add_overflow(value, part, &value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<int64_t> parse_duration(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  uint64_t total = 0;
  while (!text.empty()) {
    std::optional<uint64_t> part = take_part(&text);
    if (!part || __builtin_add_overflow(total, *part, &total)) return std::nullopt;
  }
  if (total > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  int64_t value = static_cast<int64_t>(total);
  return negative ? -value : value;
}

}  // namespace cmd
