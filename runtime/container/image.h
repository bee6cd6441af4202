// The program of init with a plan behind it, as an executable file in memory.
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/fd.h"

namespace container {

// A sealed memfd: init's image as built into rt, and `plan` (plan::encode) as the segment at
// kPlanAddress. Each container gets a copy of its own. The file of `rt` itself is never reachable
// from inside (CVE-2019-5736), and as no page is shared with anything else, spoiling the page cache
// of this one spoils nothing either.
Result<Fd> make_init_image(std::string_view plan);

// A sealed, readable memfd with `text`, position 0.
Result<Fd> make_sealed_text(const char* name, std::string_view text);

}  // namespace container
