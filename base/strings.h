// Text: formatting, splitting, strict number parsing, and the nearest name for a misspelt one.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

[[gnu::format(printf, 1, 2)]] std::string format(const char* fmt, ...);

// "a,,b" -> "a","","b"; "" -> ""
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);  // white space off both ends
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

// The whole text as a number of type T in base 10 (or `base`), or nothing: no sign where T is
// unsigned, no blanks, no overflow.
template <class T>
std::optional<T> parse_number(std::string_view text, int base = 10) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// The candidate closest to `word` by edit distance (case ignored), if it is close enough to be what
// was meant; else "".
std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates);

// for showing a command: quoted only if it needs to be
std::string shell_quote(std::string_view word);
