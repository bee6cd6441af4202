// The v1 controller: lines written to devices.allow and devices.deny.

#include <fcntl.h>

#include "base/io.h"
#include "base/log.h"
#include "runtime/cgroup/device_rules.h"
#include "runtime/cgroup/devices.h"
#include "runtime/cgroup/files.h"
#include "runtime/linux/user_namespace.h"

namespace cgroup {
namespace {

constexpr char kAllow[] = "devices.allow";
constexpr char kDeny[] = "devices.deny";
constexpr char kList[] = "devices.list";

// Each file is opened once, however many lines go into it.
class ListWriter {
 public:
  explicit ListWriter(const std::string& dir) : dir_(dir) {}

  Status write(const DeviceList::Line& line) {
    Fd& fd = line.allow ? allow_ : deny_;
    std::string path = dir_ + "/" + (line.allow ? kAllow : kDeny);
    if (!fd) fd = TRY(open_at(AT_FDCWD, path.c_str(), O_WRONLY));
    std::string name = line.text + "' to '" + path;
    return write_all(fd.get(), line.text, name.c_str());
  }

 private:
  const std::string& dir_;
  Fd allow_, deny_;
};

Result<DeviceList> current_list(const std::string& dir) {
  std::string text = TRY(read_required(dir, kList));
  return DeviceList::parse(text);
}

// An existing list that allows by default may have exceptions that the kernel does not show.
// EINVAL: there are cgroups below, and then the default cannot be set again.
Status clear_hidden_exceptions(ListWriter* writer) {
  Status written = writer->write({true, "a"});
  if (!written && written.error().errnum == EINVAL) return {};
  return written;
}

Status write_lines(const std::string& dir, const DeviceList& target, bool fresh) {
  DeviceList current = TRY(current_list(dir));
  ListWriter writer(dir);
  if (!fresh && current.default_allow && target.default_allow)
    TRY(clear_hidden_exceptions(&writer));
  for (const DeviceList::Line& line : current.lines_to(target)) {
    Status written = writer.write(line);
    if (written) continue;
    Error error = std::move(written).error().as(Code::CgroupFailed);
    if (error.errnum == EPERM && line.allow)
      error.hint = "the cgroup above it does not allow that device either";
    if (error.errnum == EINVAL && line.text == "a")
      error.hint = "the default cannot be changed while there are cgroups below it";
    return error;
  }
  // The kernel takes a line that has no effect without a word. More allowed than was asked for
  // would be a hole.
  if (target.default_allow) return {};
  DeviceList after = TRY(current_list(dir));
  if (after == target) return {};
  return Error::make(Code::CgroupFailed, "'%s/%s' is not what the rules ask for", dir.c_str(),
                     kList);
}

}  // namespace

Status set_device_list(const std::string& dir, const std::vector<spec::DeviceRule>& rules,
                       bool fresh) {
  DeviceList target = TRY(DeviceList::from_rules(rules));
  Status written = write_lines(dir, target, fresh);
  if (written) return {};
  int errnum = written.error().errnum;
  if ((errnum == EPERM || errnum == EACCES) && !sys::is_machine_root()) {
    log_info("device rules: %s, ignoring", written.error().text().c_str());
    return {};
  }
  return written;
}

}  // namespace cgroup
