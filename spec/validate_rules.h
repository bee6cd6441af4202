// How the files validate*.cc are written: a rule is a function of a value and of its place, which
// returns the violation it found. Places are a chain on the stack, turned into a JSON pointer only
// if something is wrong.
#pragma once

#include <cstdarg>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "spec/json.h"
#include "spec/validate.h"

namespace spec {

using Check = std::optional<Violation>;

// Return what `expr` found from the function this stands in, if it found anything.
#define CHECK(expr)                           \
  do {                                        \
    if (Check found_ = (expr)) return found_; \
  } while (false)

// Refers to the place it was made from: name the inner ones, or use them within one expression.
class Place {
 public:
  Place() = default;  // the document
  Place operator/(std::string_view name) const { return Place(this, name, 0); }
  Place operator[](size_t index) const { return Place(this, {}, index); }
  std::string pointer() const;

 private:
  Place(const Place* outer, std::string_view name, size_t index)
      : outer_(outer), name_(name), index_(index) {}
  const Place* outer_ = nullptr;
  std::string_view name_;  // data() == nullptr: an index
  size_t index_ = 0;
};

[[gnu::format(printf, 2, 3)]] Violation violation(const Place& at, const char* fmt, ...);
[[gnu::format(printf, 2, 3)]] Violation unsupported(const Place& at, const char* fmt, ...);

// A uid or gid that the kernel can give. With 2^32-1 a process would stay what it is: root of the
// container.
Check check_id(uint32_t id, const Place& at);

Check check_absolute(const std::string& path, const Place& at);
Check check_no_newline(const std::string& text, const Place& at);
template <class T>
Check check_range(T value, T low, T high, const Place& at) {
  if (value >= low && value <= high) return std::nullopt;
  return violation(at, "must be from %s to %s, not %s", std::to_string(low).c_str(),
                   std::to_string(high).c_str(), std::to_string(value).c_str());
}
// "0-3,7", blanks and empty items allowed, as the engines' own parsers do.
Check check_number_list(std::string_view list, const Place& at);

Check check_process(const Process& process, const Place& at);
Check check_resources(const Resources& resources, const Place& at);
Check check_seccomp(const Seccomp& seccomp, const Place& at);
Check check_linux(const Linux& linux_config, const Place& at);
Check check_id_mappings(const std::vector<IdMapping>& mappings, const Place& at);

}  // namespace spec
