// The only file that knows version and commit, so that a commit rebuilds no other.
#include "runtime/cmd/version.h"

#include <seccomp.h>

#include "base/strings.h"
#include "spec/load.h"

namespace cmd {

const char* version() {
  return RT_VERSION;
}
const char* commit() {
  return RT_COMMIT;
}

std::string libseccomp_version() {
  const scmp_version* found = seccomp_version();
  return format("%u.%u.%u", found->major, found->minor, found->micro);
}

std::string version_text() {
  std::string text = format("rt version %s\n", version());
  if (*commit() != 0) text += format("commit: %s\n", commit());
  text += format("spec: %s\n", spec::kOciVersion);
  return text + format("libseccomp: %s\n", libseccomp_version().c_str());
}

}  // namespace cmd
