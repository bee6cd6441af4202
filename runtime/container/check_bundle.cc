// `rt check`, files: what is mounted, the program, the hooks.

#include <elf.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/io.h"
#include "base/path.h"
#include "base/strings.h"
#include "runtime/container/check.h"
#include "runtime/plan/mount_options.h"

namespace container {
namespace {

bool is_bind(const spec::Mount& mount) {
  return std::any_of(mount.options.begin(), mount.options.end(), [](const std::string& option) {
    return option == "bind" || option == "rbind";
  });
}

// As a mount would: this is also what loads the file system's module.
bool file_system_exists(const std::string& type) {
  Fd context(static_cast<int>(::syscall(SYS_fsopen, type.c_str(), 1 /* FSOPEN_CLOEXEC */)));
  if (context) return true;
  if (errno == ENODEV) return false;
  // EPERM, or a kernel before 5.2
  Result<std::string> known = read_file(AT_FDCWD, "/proc/filesystems");
  if (!known) return true;
  for (std::string_view line : split(*known, '\n')) {
    size_t tab = line.rfind('\t');
    if (tab != std::string_view::npos && line.substr(tab + 1) == type) return true;
  }
  return false;
}

// Relative to the container's root, links resolved in it, as it is before anything is mounted.
Result<Fd> open_in(int root, const std::string& path, int flags) {
  open_how how = {};
  how.flags = static_cast<uint64_t>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  Fd fd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
  if (!fd) return Error::sys("open '%s'", path.c_str());
  return fd;
}

// Whether a mount may put something else at `path` than the image has.
bool may_be_covered(const spec::Config& config, const std::string& path) {
  return std::any_of(config.mounts.begin(), config.mounts.end(), [&path](const spec::Mount& mount) {
    std::string at = join_path("/", mount.destination);
    return path == at || path.starts_with(at + "/");
  });
}

// Where execvp() would look for it.
std::vector<std::string> candidates(const spec::Process& process) {
  const std::string& program = process.args[0];
  if (program.find('/') != std::string::npos)
    return {join_path(join_path("/", process.cwd), program)};
  std::vector<std::string> out;
  for (const std::string& variable : process.env) {
    if (!variable.starts_with("PATH=")) continue;
    out.clear();  // the last one counts
    for (std::string_view dir : split(std::string_view(variable).substr(5), ':')) {
      if (!dir.empty()) out.push_back(join_path(dir, program));
    }
  }
  return out;
}

#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64, kMachine32 = EM_386;
#else
constexpr uint16_t kMachine = EM_AARCH64, kMachine32 = EM_ARM;
#endif

void check_format(const std::string& path, int fd, Findings* out) {
  char head[256] = {};
  ssize_t n = ::pread(fd, head, sizeof head - 1, 0);
  if (n < static_cast<ssize_t>(sizeof(Elf32_Ehdr)) && std::string_view(head, 2) != "#!") {
    return out->push_back({true, "process.args[0]",
                           format("exec \"%s\": exec format error", path.c_str()),
                           "it is no program, nor a script with a #! line"});
  }
  if (memcmp(head, ELFMAG, SELFMAG) != 0) return;
  uint16_t machine;
  memcpy(&machine, head + offsetof(Elf32_Ehdr, e_machine), sizeof machine);
  if (machine == kMachine || machine == kMachine32) return;
  out->push_back(
      {true, "process.args[0]",
       format("exec \"%s\": it is built for another machine (ELF machine %u)", path.c_str(),
              machine),
       "unless binfmt_misc has an emulator for it, the start fails with 'exec format error'"});
}

void check_file(const std::string& where, const std::string& path, Findings* out) {
  struct stat info;
  if (::stat(path.c_str(), &info) < 0) {
    return out->push_back({true, where, format("'%s': %s", path.c_str(), ::strerror(errno)),
                           "hooks are programs of the host"});
  }
  if (!S_ISREG(info.st_mode) || ::access(path.c_str(), X_OK) != 0)
    out->push_back(
        {true, where, format("'%s' is no executable file", path.c_str()), "chmod +x it"});
}

}  // namespace

void check_mounts(const spec::Config& config, const std::string& bundle, Findings* out) {
  for (size_t i = 0; i < config.mounts.size(); i++) {
    const spec::Mount& mount = config.mounts[i];
    std::string where = format("mounts[%zu]", i);
    if (is_bind(mount)) {
      std::string source = join_path(bundle, mount.source);
      struct stat info;
      if (::lstat(source.c_str(), &info) < 0) {
        // An earlier mount, or a hook, does not help: sources are paths of the host.
        out->push_back({true, where + ".source",
                        format("'%s': %s", source.c_str(), ::strerror(errno)),
                        "what is bound has to be there before the container is created"});
      }
      continue;
    }
    bool remount =
        std::find(mount.options.begin(), mount.options.end(), "remount") != mount.options.end();
    if (remount || mount.type.empty() || mount.type == "none" || mount.type == "cgroup") continue;
    if (!file_system_exists(mount.type)) {
      out->push_back({true, where + ".type",
                      format("this kernel has no file system '%s'", mount.type.c_str()),
                      "load its module, or correct the name"});
    }
  }
}

void check_program(const spec::Config& config, const std::string& rootfs, Findings* out) {
  if (!config.process || config.process->args.empty() || rootfs.empty()) return;
  Fd root(::open(rootfs.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return;  // said already
  const std::string& program = config.process->args[0];
  bool covered = false;
  for (const std::string& path : candidates(*config.process)) {
    covered |= may_be_covered(config, path);
    Result<Fd> file = open_in(root.get(), path, O_RDONLY | O_NONBLOCK);
    if (!file && file.error().errnum == EACCES) return;  // only root may read it, and we are not
    if (!file) continue;
    struct stat info;
    if (::fstat(file->get(), &info) < 0 || !S_ISREG(info.st_mode)) continue;
    if ((info.st_mode & 0111) == 0) {
      return out->push_back({true, "process.args[0]",
                             format("exec \"%s\": permission denied", path.c_str()),
                             "it is not executable: chmod +x it"});
    }
    return check_format(path, file->get(), out);
  }
  bool searched = program.find('/') == std::string::npos;
  out->push_back({!covered, "process.args[0]",
                  searched
                      ? format("exec: \"%s\": executable file not found in $PATH", program.c_str())
                      : format("exec: \"%s\": stat %s: no such file or directory", program.c_str(),
                               program.c_str()),
                  covered ? "unless one of the mounts brings it"
                          : "it is looked for inside the root file system"});
}

void check_hooks(const spec::Config& config, Findings* out) {
  if (!config.hooks) return;
  auto check_all = [out](const char* kind, const std::vector<spec::Hook>& hooks) {
    for (size_t i = 0; i < hooks.size(); i++)
      check_file(format("hooks.%s[%zu].path", kind, i), hooks[i].path, out);
  };
  // The path of startContainer hooks is one of the container.
  check_all("prestart", config.hooks->prestart);
  check_all("createRuntime", config.hooks->create_runtime);
  check_all("createContainer", config.hooks->create_container);
  check_all("poststart", config.hooks->poststart);
  check_all("poststop", config.hooks->poststop);
}

}  // namespace container
