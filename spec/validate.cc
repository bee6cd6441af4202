#include "spec/validate.h"

namespace spec {
std::optional<Violation> find_violation(const Config&) {
  return std::nullopt;
}
std::optional<Violation> find_violation(const Process&) {
  return std::nullopt;
}
std::optional<Violation> find_violation(const Resources&) {
  return std::nullopt;
}
}  // namespace spec
