#include "supervisor/monitor/request.h"

#include <optional>
#include <vector>

#include "base/signal_names.h"
#include "base/strings.h"

namespace monitor {

namespace {

using Words = std::vector<std::string_view>;

struct Syntax {
  std::string_view verb;
  Verb value;
  size_t least, most;  // words after it
  const char* text;
};
constexpr Syntax kSyntax[] = {
    {"start", Verb::Start, 0, 0, "start"},
    {"signal", Verb::Signal, 1, 1, "signal NAME"},
    {"stop", Verb::Stop, 0, 2, "stop [SIGNAL [MS]]"},
    {"wait", Verb::Wait, 0, 0, "wait"},
    {"attach", Verb::Attach, 0, 2, "attach [wait] [once]"},
    {"resize", Verb::Resize, 2, 2, "resize COLUMNS ROWS"},
    {"close-stdin", Verb::CloseStdin, 0, 0, "close-stdin"},
    {"rotate", Verb::Rotate, 0, 0, "rotate"},
    {"reopen", Verb::Reopen, 0, 0, "reopen"},
    {"status", Verb::Status, 0, 0, "status"},
};

Result<int> signal_of(std::string_view name) {
  std::optional<int> number = sys::parse_signal(name);
  if (!number) return Error::make(Code::Usage, "unknown signal '%.*s'", static_cast<int>(name.size()), name.data());
  return *number;
}

Status parse_words(const Words& words, Request* request) {
  switch (request->verb) {
    case Verb::Signal: request->signal = TRY(signal_of(words[1])); break;
    case Verb::Stop: {
      request->signal = TRY(signal_of(words.size() > 1 ? words[1] : "TERM"));
      std::optional<int> ms = parse_number<int>(words.size() > 2 ? words[2] : "10000");
      if (!ms || *ms < 0) return Error::make(Code::Usage, "stop: expected milliseconds, 0 or more, as the last word");
      request->grace_ms = *ms;
      break;
    }
    case Verb::Resize: {
      std::optional<uint16_t> columns = parse_number<uint16_t>(words[1]), rows = parse_number<uint16_t>(words[2]);
      if (!columns || !rows) return Error::make(Code::Usage, "resize: expected columns and rows, 0 to 65535");
      request->columns = *columns;
      request->rows = *rows;
      break;
    }
    case Verb::Attach:
      for (size_t i = 1; i < words.size(); i++) {
        if (words[i] != "wait" && words[i] != "once") return Error::make(Code::Usage, "attach: expected wait or once");
        (words[i] == "wait" ? request->wait : request->once) = true;
      }
      break;
    default: break;
  }
  return {};
}

}  // namespace

Result<Request> parse_request(std::string_view text) {
  Words words = split(trim(text), ' ');
  std::string known;
  for (const Syntax& syntax : kSyntax) {
    if (words[0] == syntax.verb) {
      if (words.size() - 1 < syntax.least || words.size() - 1 > syntax.most) {
        return Error::make(Code::Usage, "expected: %s", syntax.text);
      }
      Request request{syntax.value};
      TRY(parse_words(words, &request));
      return request;
    }
    known += known.empty() ? "" : ", ";
    known += syntax.text;
  }
  return Error::make(Code::Usage, "unknown request: expected one of %s", known.c_str());
}

}  // namespace monitor
