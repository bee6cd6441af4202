#include "spec/features.h"

#include "spec/features_fields.h"

namespace spec {

std::string to_json(const Features& features, bool pretty) {
  return write_json(features, pretty ? JsonWriter::kFourSpaces : JsonWriter::kCompact);
}

Result<Features> parse_features(std::string_view text, const char* name) {
  return read_json<Features>(text, name);
}

}  // namespace spec
