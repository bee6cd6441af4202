#include "runtime/cmd/size.h"

#include <string>

#include "base/strings.h"

namespace cmd {
namespace {

// Takes the unit off the end; the power of two it stands for, or nothing.
std::optional<unsigned> take_unit(std::string_view* text) {
  constexpr std::string_view kUnits = "kmgtp";
  bool bytes = text->ends_with('b');
  if (bytes) text->remove_suffix(1);
  bool binary = bytes && text->ends_with('i');
  if (binary) text->remove_suffix(1);
  size_t unit = text->empty() ? std::string_view::npos : kUnits.find(text->back());
  if (unit == std::string_view::npos) return binary ? std::nullopt : std::optional<unsigned>(0);
  text->remove_suffix(1);
  return static_cast<unsigned>(unit + 1) * 10;
}

bool all_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The digits after the point, of a unit of 2^shift bytes; rounded down.
int64_t part_of(std::string_view fraction, unsigned shift) {
  int64_t part = 0;
  for (size_t i = fraction.size(); i-- > 0;)
    part = ((static_cast<int64_t>(fraction[i] - '0') << shift) + part) / 10;
  return part;
}

}  // namespace

std::optional<int64_t> parse_size(std::string_view text) {
  std::string lower = to_lower(text);
  std::string_view number = lower;
  std::optional<unsigned> shift = take_unit(&number);
  if (!shift) return std::nullopt;
  if (number.ends_with(' ')) number.remove_suffix(1);
  size_t dot = number.find('.');
  std::string_view fraction;
  if (dot != std::string_view::npos) {
    fraction = number.substr(dot + 1);
    number = number.substr(0, dot);
    if (fraction.empty() || !all_digits(fraction)) return std::nullopt;
  }
  if (!all_digits(number)) return std::nullopt;
  std::optional<uint64_t> whole = parse_number<uint64_t>(number);
  if (!whole || *whole > static_cast<uint64_t>(INT64_MAX) >> *shift) return std::nullopt;
  int64_t bytes = static_cast<int64_t>(*whole << *shift);
  int64_t part = part_of(fraction, *shift);
  if (bytes > INT64_MAX - part) return std::nullopt;
  return bytes + part;
}

}  // namespace cmd
