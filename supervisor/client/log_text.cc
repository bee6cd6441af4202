#include "supervisor/client/log_text.h"

namespace client {

namespace {

// Takes the next word off `line`.
std::string_view word(std::string_view* line) {
  size_t space = line->find(' ');
  std::string_view first = line->substr(0, space);
  line->remove_prefix(space == std::string_view::npos ? line->size() : space + 1);
  return first;
}

}  // namespace

LogText cri_text(std::string_view text, bool times, std::string* partial) {
  LogText shown;
  std::string joined = *partial + std::string(text);
  std::string_view rest = joined;
  for (size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1)) {
    std::string_view line = rest.substr(0, end);
    std::string_view time = word(&line), stream = word(&line), tag = word(&line);
    std::string* into = stream == "stderr" ? &shown.err : &shown.out;
    if (times) *into += std::string(time) + " ";
    *into += line;
    if (tag != "P" || times) *into += '\n';
  }
  *partial = std::string(rest);
  return shown;
}

std::string_view last_lines(std::string_view text, size_t count) {
  size_t at = text.size();
  if (at > 0 && text[at - 1] == '\n') at--;
  if (count == 0) return "";
  for (; at > 0; at--) {
    if (text[at - 1] == '\n' && --count == 0) break;
  }
  return text.substr(at);
}

}  // namespace client
