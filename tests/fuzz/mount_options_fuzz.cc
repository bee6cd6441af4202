// Any bytes as mount options, an option per line: parsing ends, and what it gives is consistent.
#include <linux/mount.h>
#include <sys/mount.h>

#include <cstdlib>

#include "base/strings.h"
#include "runtime/plan/mount_options.h"

namespace {

void require(bool condition) {
  if (!condition) abort();
}

void check_attributes(uint64_t set, uint64_t clear) {
  uint64_t atime = clear & MOUNT_ATTR__ATIME;
  require(atime == 0 || atime == MOUNT_ATTR__ATIME);
  require((set & MOUNT_ATTR__ATIME) == 0 || atime != 0);
  require((set & clear & ~uint64_t{MOUNT_ATTR__ATIME}) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  spec::Strings options;
  for (std::string_view line : split(text, '\n')) options.emplace_back(line);
  Result<plan::MountOptions> parsed = plan::parse_mount_options(options);
  if (!parsed) {
    require(parsed.error().code == Code::ConfigInvalid && !parsed.error().what.empty());
    return 0;
  }
  check_attributes(parsed->attr_set, parsed->attr_clear);
  check_attributes(parsed->rec_attr_set, parsed->rec_attr_clear);
  require((parsed->legacy_flags & parsed->legacy_clear) == 0);
  require(!parsed->rbind || parsed->bind);
  require(!parsed->bind || (parsed->data.empty() && !parsed->mount2_only));
  for (const plan::FsParameter& parameter : plan::fs_parameters(*parsed, "tmpfs")) {
    require(!parameter.key.empty());
    require(parsed->mount2_only || !parameter.value || parameter.value->size() < 256);
  }
  (void)plan::misspelt_option_hint(*parsed);  // only that it ends
  return 0;
}
