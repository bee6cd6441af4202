#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strings.h"
#include "runtime/cmd/command.h"
#include "runtime/container/container.h"
#include "spec/load.h"

namespace cmd {

namespace {

Result<std::vector<spec::Mount>> read_mounts(const std::string& file) {
  std::string text =
      TRY(file == "-" ? read_fd(STDIN_FILENO, "stdin") : read_file(AT_FDCWD, file.c_str()));
  return spec::parse_mounts(text, file == "-" ? "stdin" : file.c_str());
}

}  // namespace

Result<int> run_mounts(const Invocation& call) {
  const std::string& verb = call.rest[0];
  const std::string& id = call.rest[1];
  bool add = verb == "add";
  if (!add && verb != "remove") {
    return Error::make(Code::Usage, "unknown action '%s'", verb.c_str())
        .with_hint("expected 'rt mounts add' or 'rt mounts remove'");
  }
  TRY(container::check_id(id));
  std::vector<spec::Mount> mounts = TRY(read_mounts(call.rest[2]));
  TRY_IN("'" + id + "'", add ? container::add_mounts(call.globals, id, mounts)
                             : container::remove_mounts(call.globals, id, mounts));
  return 0;
}

}  // namespace cmd
