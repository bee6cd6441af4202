// UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing above U+10FFFF. yajl's own
// check is laxer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spec {

// How many bytes at the start of `text` are well-formed UTF-8: text.size() if all of it is.
size_t utf8_valid_prefix(std::string_view text);

// `text` with each byte that is not part of well-formed UTF-8 replaced by U+FFFD.
std::string utf8_repair(std::string_view text);

}  // namespace spec
