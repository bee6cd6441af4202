#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "runtime/cgroup/host.h"
#include "runtime/cmd/command.h"
#include "spec/load.h"

namespace cmd {

Result<int> run_spec(const Invocation& call) {
  std::string directory = absolute_path(call.flags.text("bundle"));
  Fd bundle = TRY(open_at(AT_FDCWD, directory.c_str(), O_PATH | O_DIRECTORY));
  Result<cgroup::Host> host =
      cgroup::probe_host();  // where it cannot be told, v1's config is right too
  bool unified = host && host->layout == cgroup::Layout::Unified;
  spec::Config config =
      spec::default_config(call.flags.on("rootless"), geteuid(), getegid(), unified);
  std::string text = spec::to_json(config, true);
  if (!text.ends_with('\n')) text += '\n';

  Fd file(openat(bundle.get(), "config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file && errno == EEXIST) {
    return Error::make(Code::BundleInvalid, "File config.json exists. Remove it first")
        .with_hint("it is " + join_path(directory, "config.json"));
  }
  if (!file) return Error::sys("open '%s/config.json'", directory.c_str());
  Status written = write_all(file.get(), text, "config.json");
  if (!written) {
    (void)unlinkat(bundle.get(), "config.json", 0);  // half a config is worse than none
    return std::move(written).error();
  }
  return 0;
}

}  // namespace cmd
