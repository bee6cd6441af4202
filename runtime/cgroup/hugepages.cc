#include "runtime/cgroup/hugepages.h"

#include <dirent.h>

#include <algorithm>

#include "base/strings.h"
#include "runtime/cgroup/files.h"

namespace cgroup {
namespace {

// "hugepages-2048kB" -> "2MB", as in the names of the controller's files.
std::string size_name(std::string_view directory) {
  constexpr std::string_view kPrefix = "hugepages-", kSuffix = "kB";
  if (!directory.starts_with(kPrefix) || !directory.ends_with(kSuffix)) return "";
  directory.remove_prefix(kPrefix.size());
  directory.remove_suffix(kSuffix.size());
  std::optional<uint64_t> kilobytes = parse_number<uint64_t>(directory);
  if (!kilobytes) return "";
  constexpr uint64_t kStep = 1024;
  if (*kilobytes >= kStep * kStep)
    return format("%lluGB", static_cast<unsigned long long>(*kilobytes / kStep / kStep));
  if (*kilobytes >= kStep)
    return format("%lluMB", static_cast<unsigned long long>(*kilobytes / kStep));
  return format("%lluKB", static_cast<unsigned long long>(*kilobytes));
}

std::string sizes_of_this_machine() {
  std::vector<std::string> sizes;
  if (DIR* dir = ::opendir("/sys/kernel/mm/hugepages")) {
    while (const dirent* entry = ::readdir(dir)) {
      std::string size = size_name(entry->d_name);
      if (!size.empty()) sizes.push_back(std::move(size));
    }
    ::closedir(dir);
  }
  std::sort(sizes.begin(), sizes.end());
  return sizes.empty() ? "none" : join(sizes, ", ");
}

// It becomes part of a file name.
bool is_size(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace

Status set_hugepage_limits(const std::string& dir, const char* suffix,
                           const std::vector<spec::HugepageLimit>& limits) {
  for (const spec::HugepageLimit& limit : limits) {
    std::string file = "hugetlb." + limit.page_size + "." + suffix;
    if (!is_size(limit.page_size) || !file_exists(dir, file.c_str())) {
      return Error::make(Code::ConfigInvalid,
                         "pageSize: '%s' is not a huge page size of this machine",
                         limit.page_size.c_str())
          .with_hint("it has: " + sizes_of_this_machine());
    }
    TRY(write_number(dir, file.c_str(), limit.limit));
    std::string reserved = "hugetlb." + limit.page_size + ".rsvd." + suffix;
    (void)TRY(write_if_there(dir, reserved.c_str(), std::to_string(limit.limit)));
  }
  return {};
}

}  // namespace cgroup
