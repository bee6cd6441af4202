// Which rt this is.
#pragma once

#include <string>

namespace cmd {

const char* version();
const char* commit();  // "" in a build outside git
std::string
libseccomp_version();  // "2.5.4"; of the library linked, not of the one compiled against
// runc's form: "rt version X", then "name: value" lines, which engines read commit and spec from.
std::string version_text();

}  // namespace cmd
