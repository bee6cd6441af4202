#include "spec/validate_rules.h"

#include "base/path.h"
#include "spec/json.h"

namespace spec {

std::string Place::pointer() const {
  if (outer_ == nullptr) return {};
  std::string token =
      name_.data() == nullptr ? "/" + std::to_string(index_) : json_pointer_token(name_);
  return outer_->pointer() + token;
}

Violation violation(const Place& at, const char* fmt, ...) {
  va_list args;
  va_start(args, fmt);
  std::string message = Error::vmake(Code::ConfigInvalid, 0, fmt, args).what;
  va_end(args);
  return {.pointer = at.pointer(), .message = std::move(message)};
}

Violation unsupported(const Place& at, const char* fmt, ...) {
  va_list args;
  va_start(args, fmt);
  std::string message = Error::vmake(Code::Unsupported, 0, fmt, args).what;
  va_end(args);
  return {.pointer = at.pointer(), .message = std::move(message), .code = Code::Unsupported};
}

Check check_id(uint32_t id, const Place& at) {
  if (id != UINT32_MAX) return std::nullopt;
  return violation(at, "4294967295 is no id: to the kernel it means \"do not change\"");
}

Check check_absolute(const std::string& path, const Place& at) {
  if (is_absolute(path)) return std::nullopt;
  return violation(at, "must be an absolute path, not %s", quote_briefly(path).c_str());
}

Check check_no_newline(const std::string& text, const Place& at) {
  if (text.find('\n') == std::string::npos) return std::nullopt;
  return violation(at, "must not contain a line break");
}

Check check_number_list(std::string_view list, const Place& at) {
  for (std::string_view item : split(list, ',')) {
    item = trim(item);
    if (item.empty()) continue;
    size_t dash = item.find('-');
    std::optional<uint32_t> first = parse_number<uint32_t>(trim(item.substr(0, dash)));
    std::optional<uint32_t> last = first;
    if (dash != std::string_view::npos) last = parse_number<uint32_t>(trim(item.substr(dash + 1)));
    if (!first || !last || *first > *last) {
      return violation(at, "expected a list of numbers and ranges like \"0-3,7\", got %s",
                       quote_briefly(list).c_str());
    }
  }
  return std::nullopt;
}

}  // namespace spec
