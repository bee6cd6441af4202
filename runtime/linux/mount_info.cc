#include "runtime/linux/mount_info.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/strings.h"

namespace sys {

namespace {

constexpr char kMountInfo[] = "/proc/self/mountinfo";

// Blank, tab, newline and backslash are written as \ooo.
std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    std::optional<unsigned> value;
    if (text[i] == '\\' && i + 3 < text.size())
      value = parse_number<unsigned>(text.substr(i + 1, 3), 8);
    out += value ? static_cast<char>(*value) : text[i];
    if (value) i += 3;
  }
  return out;
}

// 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
std::optional<MountInfo> parse_line(std::string_view line) {
  size_t dash = line.find(" - ");
  if (dash == std::string_view::npos) return std::nullopt;
  std::vector<std::string_view> place = split(line.substr(0, dash), ' ');
  std::vector<std::string_view> what = split(line.substr(dash + 3), ' ');
  if (place.size() < 6) return std::nullopt;
  std::optional<uint64_t> id = parse_number<uint64_t>(place[0]);
  if (!id) return std::nullopt;
  return MountInfo{*id, unescape(place[4]), std::string(place[5]), std::string(what[0])};
}

}  // namespace

std::vector<MountInfo> parse_mount_info(std::string_view text) {
  std::vector<MountInfo> out;
  for (std::string_view line : split(text, '\n')) {
    std::optional<MountInfo> entry = parse_line(line);
    if (entry) out.push_back(std::move(*entry));
  }
  return out;
}

Result<std::vector<MountInfo>> read_mount_info() {
  std::string text = TRY(read_file(AT_FDCWD, kMountInfo));
  return parse_mount_info(text);
}

std::optional<MountInfo> mount_of(const std::string& path) {
  struct statx info;
  if (statx(AT_FDCWD, path.c_str(), 0, STATX_MNT_ID, &info) < 0 || !(info.stx_mask & STATX_MNT_ID))
    return std::nullopt;
  Result<std::vector<MountInfo>> all = read_mount_info();
  if (!all) return std::nullopt;
  for (MountInfo& entry : *all) {
    if (entry.id == info.stx_mnt_id) return std::move(entry);
  }
  return std::nullopt;
}

}  // namespace sys
