#include "tests/unit/cmd/fake_container.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

#include "base/fd.h"
#include "base/io.h"
#include "runtime/cmd/dispatch.h"
#include "runtime/container/check.h"
#include "runtime/container/make.h"

Fake& fake() {
  static Fake the_fake;
  return the_fake;
}

namespace container {

namespace {

Status asked(const char* what, const Globals& globals, const std::string& id) {
  fake().called = what;
  fake().globals = globals;
  fake().id = id;
  if (fake().error) return *fake().error;
  return {};
}

}  // namespace

Status create(const Globals& globals, const CreateOptions& options) {
  fake().create = options;
  return asked("create", globals, options.id);
}
Status start(const Globals& globals, const std::string& id) {
  return asked("start", globals, id);
}
Result<int> run(const Globals& globals, const CreateOptions& options) {
  fake().create = options;
  TRY(asked("run", globals, options.id));
  return fake().status;
}
Result<int> exec(const Globals& globals, const ExecOptions& options) {
  fake().exec = options;
  TRY(asked("exec", globals, options.id));
  return fake().status;
}
Status kill(const Globals& globals, const std::string& id, int signal, bool all) {
  fake().signal = signal;
  fake().all = all;
  return asked("kill", globals, id);
}
Status remove(const Globals& globals, const std::string& id, bool force) {
  fake().force = force;
  return asked("remove", globals, id);
}
Status pause(const Globals& globals, const std::string& id) {
  return asked("pause", globals, id);
}
Status resume(const Globals& globals, const std::string& id) {
  return asked("resume", globals, id);
}
Status update(const Globals& globals, const std::string& id, const spec::Resources& resources,
              const spec::IntelRdt& rdt) {
  fake().rdt = rdt;
  fake().resources = resources;
  return asked("update", globals, id);
}
Result<Info> state(const Globals& globals, const std::string& id) {
  TRY(asked("state", globals, id));
  return fake().info;
}
Result<std::vector<Info>> list(const Globals& globals) {
  TRY(asked("list", globals, ""));
  return fake().list;
}
Result<std::vector<pid_t>> processes(const Globals& globals, const std::string& id) {
  TRY(asked("processes", globals, id));
  return fake().pids;
}
Status add_mounts(const Globals& globals, const std::string& id,
                  const std::vector<spec::Mount>& mounts) {
  fake().mounts = mounts;
  return asked("add_mounts", globals, id);
}
Status remove_mounts(const Globals& globals, const std::string& id,
                     const std::vector<spec::Mount>& mounts) {
  fake().mounts = mounts;
  return asked("remove_mounts", globals, id);
}
Result<Use> use(const Globals& globals, const std::string& id) {
  TRY(asked("use", globals, id));
  return fake().use;
}
Status events(const Globals& globals, const std::string& id, int64_t interval_ms,
              const Tell& tell) {
  fake().interval_ms = interval_ms;
  TRY(asked("events", globals, id));
  TRY(tell(&fake().use));
  return tell(nullptr);
}
Result<std::optional<int>> wait(const Globals& globals, const std::string& id) {
  TRY(asked("wait", globals, id));
  return fake().ended;
}
Result<Collected> collect(const Globals& globals) {
  TRY(asked("collect", globals, ""));
  return fake().collected;
}
Result<Blueprint> draw(const Globals& globals, const CreateOptions& options, bool wait_for_start) {
  fake().create = options;
  fake().wait_for_start = wait_for_start;
  TRY(asked("draw", globals, options.id));
  Blueprint out;
  out.plan.steps.resize(1);
  out.plan.steps[0].op = plan::Op::Exec;
  out.plan.info = {{"exec 'sh'", "process.args", "program", Code::ExecFailed}};
  return out;
}
Findings check(const Globals& globals, const CreateOptions& options) {
  fake().create = options;
  fake().called = "check";
  fake().globals = globals;
  return fake().findings;
}
std::string default_root() {
  return "/the/default";
}
Status check_id(const std::string& id) {
  if (id.empty() || id.find('/') != std::string::npos) {
    return Error::make(Code::Usage, "invalid container ID format: '%s'", id.c_str());
  }
  return {};
}

}  // namespace container

Outcome rt_with(Fake answer, const std::vector<std::string>& args) {
  fake() = std::move(answer);
  std::vector<char*> argv;
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));

  Fd saved(dup(STDOUT_FILENO));
  Fd capture(memfd_create("stdout", MFD_CLOEXEC));
  if (!saved || !capture || dup2(capture.get(), STDOUT_FILENO) < 0) abort();
  cmd::Invocation call;
  Result<int> status = cmd::dispatch(argv, &call);
  if (dup2(saved.get(), STDOUT_FILENO) < 0 || lseek(capture.get(), 0, SEEK_SET) != 0) abort();

  Outcome outcome;
  outcome.ok = static_cast<bool>(status);
  outcome.status = status ? *status : call.command != nullptr ? call.command->failure_status : 1;
  if (!status) outcome.error = status.error();
  Result<std::string> out = read_fd(capture.get(), "captured stdout");
  if (!out) abort();
  outcome.out = *out;
  return outcome;
}

Outcome rt(const std::vector<std::string>& args) {
  return rt_with(Fake(), args);
}

container::Info sample_info() {
  container::Info info;
  info.record.id = "web";
  info.record.oci_version = "1.3.0";
  info.record.bundle = "/b/web";
  info.record.rootfs = "/b/web/rootfs";
  info.record.created = "2026-11-23T10:00:00.123456789Z";
  info.record.init.pid = 42;
  info.status = spec::ContainerStatus::Running;
  info.owner = "root";
  return info;
}
