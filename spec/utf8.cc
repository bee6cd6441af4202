#include "spec/utf8.h"

#include <cstdint>
#include <cstring>

namespace spec {

namespace {

// Length of the multi-byte sequence that starts at `p`, or 0 if there is no well-formed one before
// `end`.
size_t sequence_length(const unsigned char* p, const unsigned char* end) {
  size_t length;
  unsigned char low = 0x80,
                high = 0xbf;  // bounds of the second byte: they exclude overlongs and surrogates
  if (p[0] >= 0xc2 && p[0] <= 0xdf) {
    length = 2;
  } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
    length = 3;
    if (p[0] == 0xe0) low = 0xa0;
    if (p[0] == 0xed) high = 0x9f;
  } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
    length = 4;
    if (p[0] == 0xf0) low = 0x90;
    if (p[0] == 0xf4) high = 0x8f;
  } else {
    return 0;
  }
  if (static_cast<size_t>(end - p) < length || p[1] < low || p[1] > high) return 0;
  for (size_t i = 2; i < length; i++) {
    if ((p[i] & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

size_t utf8_valid_prefix(std::string_view text) {
  const auto* begin = reinterpret_cast<const unsigned char*>(text.data());
  const unsigned char* end = begin + text.size();
  const unsigned char* p = begin;
  while (p < end) {
    // Configurations are ASCII but for a name here and there: eight bytes at a time.
    uint64_t word;
    if (end - p >= 8) {
      memcpy(&word, p, sizeof word);
      if ((word & 0x8080808080808080) == 0) {
        p += 8;
        continue;
      }
    }
    if (*p < 0x80) {
      p++;
      continue;
    }
    size_t length = sequence_length(p, end);
    if (length == 0) break;
    p += length;
  }
  return static_cast<size_t>(p - begin);
}

std::string utf8_repair(std::string_view text) {
  std::string out;
  for (;;) {
    size_t good = utf8_valid_prefix(text);
    out += text.substr(0, good);
    if (good == text.size()) return out;
    out += "\xef\xbf\xbd";
    text.remove_prefix(good + 1);
  }
}

}  // namespace spec
