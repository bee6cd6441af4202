#include "supervisor/monitor/request.h"

#include <algorithm>
#include <initializer_list>
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
  bool may_name_exec;  // "exec NAME" may follow
  const char* text;
};
constexpr Syntax kSyntax[] = {
    {"start", Verb::Start, 0, 0, false, "start"},
    {"signal", Verb::Signal, 1, 1, true, "signal NAME [exec NAME]"},
    {"stop", Verb::Stop, 0, 2, false, "stop [SIGNAL [MS]]"},
    {"wait", Verb::Wait, 0, 0, true, "wait [exec NAME]"},
    {"attach", Verb::Attach, 0, 2, true, "attach [wait] [once] [exec NAME]"},
    {"resize", Verb::Resize, 2, 2, true, "resize COLUMNS ROWS [exec NAME]"},
    {"close-stdin", Verb::CloseStdin, 0, 0, true, "close-stdin [exec NAME]"},
    {"exec", Verb::Exec, 1, 6, false, "exec NAME [terminal] [stdin] [attach [wait] [once]]"},
    {"execs", Verb::Execs, 0, 0, false, "execs"},
    {"handles", Verb::Handles, 0, 0, false, "handles"},
    {"rotate", Verb::Rotate, 0, 0, false, "rotate"},
    {"reopen", Verb::Reopen, 0, 0, false, "reopen"},
    {"status", Verb::Status, 0, 0, false, "status"},
};

Result<int> signal_of(std::string_view name) {
  std::optional<int> number = sys::parse_signal(name);
  if (!number)
    return Error::make(Code::Usage, "unknown signal '%.*s'", static_cast<int>(name.size()),
                       name.data());
  return *number;
}

struct Switch {
  std::string_view word;
  bool* value;
};
Status parse_switches(const Words& words, size_t from, std::initializer_list<Switch> switches) {
  for (size_t i = from; i < words.size(); i++) {
    auto known = std::find_if(switches.begin(), switches.end(),
                              [&](const Switch& s) { return s.word == words[i]; });
    if (known == switches.end()) {
      return Error::make(Code::Usage, "unknown word '%.*s'", static_cast<int>(words[i].size()),
                         words[i].data());
    }
    *known->value = true;
  }
  return {};
}

Status parse_words(const Words& words, Request* request) {
  switch (request->verb) {
    case Verb::Signal: request->signal = TRY(signal_of(words[1])); break;
    case Verb::Stop: {
      request->signal = TRY(signal_of(words.size() > 1 ? words[1] : "TERM"));
      std::optional<int> ms = parse_number<int>(words.size() > 2 ? words[2] : "10000");
      if (!ms || *ms < 0)
        return Error::make(Code::Usage, "stop: expected milliseconds, 0 or more, as the last word");
      request->grace_ms = *ms;
      break;
    }
    case Verb::Resize: {
      std::optional<uint16_t> columns = parse_number<uint16_t>(words[1]),
                              rows = parse_number<uint16_t>(words[2]);
      if (!columns || !rows)
        return Error::make(Code::Usage, "resize: expected columns and rows, 0 to 65535");
      request->columns = *columns;
      request->rows = *rows;
      break;
    }
    case Verb::Attach:
      return parse_switches(words, 1, {{"wait", &request->wait}, {"once", &request->once}});
    case Verb::Exec:
      request->name = words[1];
      TRY(parse_switches(words, 2,
                         {{"terminal", &request->terminal},
                          {"stdin", &request->input},
                          {"attach", &request->attach},
                          {"wait", &request->wait},
                          {"once", &request->once}}));
      if ((request->wait || request->once) && !request->attach)
        return Error::make(Code::Usage, "exec: wait and once go with attach");
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
      Request request;
      request.verb = syntax.value;
      if (syntax.may_name_exec && words.size() >= 3 && words[words.size() - 2] == "exec") {
        request.name = words.back();
        if (request.name.empty()) return Error::make(Code::Usage, "expected: %s", syntax.text);
        words.resize(words.size() - 2);
      }
      if (words.size() - 1 < syntax.least || words.size() - 1 > syntax.most) {
        return Error::make(Code::Usage, "expected: %s", syntax.text);
      }
      TRY(parse_words(words, &request));
      return request;
    }
    known += known.empty() ? "" : ", ";
    known += syntax.text;
  }
  return Error::make(Code::Usage, "unknown request: expected one of %s", known.c_str());
}

}  // namespace monitor
