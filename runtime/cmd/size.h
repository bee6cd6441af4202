// Sizes as people write them: "512m", "1.5GiB".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cmd {

// Bytes: a decimal number, with or without a fraction, then nothing or one of k m g t p (powers of
// 1024, in either case), then nothing or "b" or "ib", as Docker's command line takes it. Nothing if
// it is not of that form or too large for int64_t.
std::optional<int64_t> parse_size(std::string_view text);

}  // namespace cmd
