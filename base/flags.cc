#include "base/flags.h"

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "base/strings.h"

namespace flags {

namespace {

// The spellings of Go's strconv.ParseBool, which go-runc and people used to runc rely on.
std::optional<bool> parse_bool(std::string_view text) {
  for (std::string_view word : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == word) return true;
  }
  for (std::string_view word : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

Result<std::string> check_value(const Flag& flag, const std::string& value) {
  switch (flag.kind) {
    case Kind::Switch: {
      std::optional<bool> on = parse_bool(value);
      if (!on) {
        return Error::make(Code::Usage, "invalid value '%s' for --%s: expected true or false",
                           value.c_str(), flag.name);
      }
      return std::string(*on ? "true" : "false");
    }
    case Kind::Number: {
      std::optional<int> number = parse_number<int>(value);
      if (!number || *number < 0) {
        return Error::make(Code::Usage, "invalid value '%s' for --%s: expected a number, 0 or more",
                           value.c_str(), flag.name);
      }
      return value;
    }
    case Kind::Choice: {
      std::vector<std::string_view> words = split(flag.value, '|');
      for (std::string_view word : words) {
        if (word == value) return value;
      }
      Error error = Error::make(Code::Usage, "invalid %s: %s", flag.name, value.c_str());
      std::string near = nearest(value, words);
      std::string hint = format("--%s is one of %s", flag.name, flag.value);
      return std::move(error).with_hint(near.empty() ? hint
                                                     : hint + "; did you mean '" + near + "'?");
    }
    case Kind::Text:
    case Kind::List: return value;
  }
  return value;
}

}  // namespace

class Parser {
 public:
  Parser(std::span<const Flag> flags, Order order, std::span<char* const> args)
      : flags_(flags), order_(order), args_(args), out_(flags) {}

  Result<Parsed> run() {
    while (at_ < args_.size() && !out_.help_) {
      std::string_view word = args_[at_++];
      if (word == "--") break;
      if (word.size() < 2 || word.front() != '-') {  // "-" alone is an argument
        out_.args_.emplace_back(word);
        if (order_ == Order::BeforeFirst) break;
        continue;
      }
      TRY(take(word));
    }
    while (at_ < args_.size()) out_.args_.emplace_back(args_[at_++]);
    return std::move(out_);
  }

 private:
  Status take(std::string_view word) {
    std::string_view body = word.substr(word.starts_with("--") ? 2 : 1);
    size_t equals = body.find('=');
    std::string_view name = body.substr(0, equals);
    const Flag* flag = find(name);
    if (flag == nullptr && (name == "help" || name == "h")) {
      out_.help_ = true;
      return {};
    }
    if (flag == nullptr) {
      if (!word.starts_with("--") && equals == std::string_view::npos && take_joined(body))
        return {};
      return unknown(word, name);
    }
    if (equals != std::string_view::npos) return put(*flag, std::string(body.substr(equals + 1)));
    if (flag->kind == Kind::Switch) return put(*flag, "true");
    if (at_ == args_.size()) {
      return Error::make(Code::Usage, "flag %.*s needs a value", static_cast<int>(word.size()),
                         word.data())
          .with_hint(flag_label(*flag) + ": " + flag->help);
    }
    return put(*flag, args_[at_++]);
  }

  // `-dt` for `-d -t`. Switches only: were values allowed, a misspelt `-bundel` would silently be
  // `-b undel`.
  bool take_joined(std::string_view letters) {
    for (char letter : letters) {
      const Flag* flag = find(std::string_view(&letter, 1));
      if (flag == nullptr || flag->kind != Kind::Switch) return false;
    }
    for (char letter : letters)
      out_.values_.emplace_back(find(std::string_view(&letter, 1)), "true");
    return true;
  }

  Status put(const Flag& flag, const std::string& value) {
    std::string checked = TRY(check_value(flag, value));
    out_.values_.emplace_back(&flag, std::move(checked));
    return {};
  }

  const Flag* find(std::string_view name) const {
    for (const Flag& flag : flags_) {
      if (name == flag.name || (name.size() == 1 && name.front() == flag.letter)) return &flag;
    }
    return nullptr;
  }

  Status unknown(std::string_view word, std::string_view name) const {
    std::string_view shown = word.substr(0, word.find('='));
    Error error =
        Error::make(Code::Usage, "unknown flag %.*s", static_cast<int>(shown.size()), shown.data());
    std::vector<std::string_view> names = {"help"};
    for (const Flag& flag : flags_) names.emplace_back(flag.name);
    std::string near = nearest(name, names);
    if (near.empty()) return error;
    return std::move(error).with_hint("did you mean --" + near + "?");
  }

  std::span<const Flag> flags_;
  Order order_;
  std::span<char* const> args_;
  size_t at_ = 0;
  Parsed out_;
};

Result<Parsed> parse_flags(std::span<const Flag> flags, Order order, std::span<char* const> args) {
  return Parser(flags, order, args).run();
}

const Flag& Parsed::flag(std::string_view name) const {
  for (const Flag& flag : flags_) {
    if (name == flag.name) return flag;
  }
  fprintf(stderr, "rt: bug: flag '%.*s' is not in the table\n", static_cast<int>(name.size()),
          name.data());
  abort();
}

const std::string* Parsed::last(std::string_view name) const {
  const Flag* wanted = &flag(name);
  for (size_t i = values_.size(); i > 0; i--) {
    if (values_[i - 1].first == wanted) return &values_[i - 1].second;
  }
  return nullptr;
}

bool Parsed::given(std::string_view name) const {
  return last(name) != nullptr;
}

bool Parsed::on(std::string_view name) const {
  const std::string* value = last(name);
  return value != nullptr && *value == "true";
}

std::string Parsed::text(std::string_view name) const {
  const std::string* value = last(name);
  return value != nullptr ? *value : std::string();
}

int Parsed::number(std::string_view name) const {
  return parse_number<int>(text(name)).value_or(0);
}

std::vector<std::string> Parsed::list(std::string_view name) const {
  const Flag* wanted = &flag(name);
  std::vector<std::string> values;
  for (const auto& [given, value] : values_) {
    if (given == wanted) values.push_back(value);
  }
  return values;
}

std::string flag_label(const Flag& flag) {
  std::string label = flag.letter != 0 ? format("-%c, ", flag.letter) : "    ";
  label += format("--%s", flag.name);
  if (flag.kind != Kind::Switch) label += format(" %s", flag.value);
  return label;
}

}  // namespace flags
