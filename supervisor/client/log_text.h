// From a log in the CRI format ("TIME STREAM F|P TEXT") back to what was printed.
#pragma once

#include <string>
#include <string_view>

namespace client {

struct LogText {
  std::string out, err;
};
// `partial` keeps the beginning of a line whose end has yet to be read. `times`: with the time
// before each line.
LogText cri_text(std::string_view text, bool times, std::string* partial);

// The last `count` lines of a text.
std::string_view last_lines(std::string_view text, size_t count);

}  // namespace client
