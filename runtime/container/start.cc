// `rt start`: tells the waiting init to go on, and hears from it whether the program runs.
#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strings.h"
#include "runtime/container/channel.h"
#include "runtime/container/container.h"
#include "runtime/container/explain.h"
#include "runtime/container/hooks.h"
#include "runtime/container/make.h"
#include "runtime/container/notify.h"
#include "runtime/container/open.h"
#include "runtime/container/seccomp_agent.h"
#include "runtime/container/start_socket.h"
#include "runtime/plan/compile.h"
#include "spec/load.h"

namespace container {

namespace {

Status check_startable(spec::ContainerStatus status) {
  switch (status) {
    case spec::ContainerStatus::Created: return {};
    case spec::ContainerStatus::Stopped:
      return Error::make(Code::ContainerState, "cannot start a container that has stopped");
    case spec::ContainerStatus::Running:
      return Error::make(Code::ContainerState, "cannot start an already running container");
    default:
      return Error::make(Code::ContainerState, "cannot start a container in the %s state",
                         spec::status_name(status));
  }
}

Result<spec::Config> saved_config(const StateDir& dir) {
  std::string text = TRY(read_file(dir.fd(), kConfigFile, 64 << 20));
  return spec::parse_config(text, kConfigFile);
}

// The plan is not kept. What follows the wait for start depends on nothing but the configuration,
// so the failed step is the same one counted from the end of a plan made anew.
Result<plan::Plan> plan_again(const Record& record, const spec::Config& config) {
  cgroup::Host host = TRY(cgroup::probe_host());
  plan::CreateInput input = {.config = config,
                             .id = record.id,
                             .bundle = record.bundle,
                             .rootfs = record.rootfs,
                             .cgroup_host = host,
                             .cgroup = record.cgroup,
                             .host = plan::probe_host_facts()};
  return plan::compile_create(input);
}

Error explain(const Opened& opened, const Packet& packet) {
  Result<spec::Config> config = saved_config(opened.dir);
  if (!config) return std::move(config).error();
  Result<plan::Plan> plan = plan_again(opened.record, *config);
  if (!plan) return std::move(plan).error();
  size_t step = plan->steps.size() - packet.message.from_end;
  return explain_step(*plan, step, packet.message.value, packet.text, {});
}

Status give_listener(const Opened& opened, int listener_fd) {
  spec::Config config = TRY(saved_config(opened.dir));
  if (!config.linux_ || !config.linux_->seccomp)
    return Error::msg("init sent a listener that nothing asked for");
  spec::State state = state_of(opened.record, spec::ContainerStatus::Creating);
  return send_listener(*config.linux_->seccomp, state, opened.record.init.pid, listener_fd);
}

Status let_go(const Opened& opened, std::string& timing) {
  Result<Fd> connected = connect_start_socket(opened.dir.fd());
  if (!connected && connected.error().errnum == ECONNREFUSED) {
    return Error::make(Code::ContainerState, "cannot start a container that has stopped");
  }
  Fd connection = TRY(std::move(connected));
  TRY(send_packet(connection.get(), plan::Kind::Go));
  for (;;) {
    std::optional<Packet> packet = TRY(receive_packet(connection.get()));
    if (!packet && died_as_init(opened.record.init.pid))
      return Error::make(Code::InitDied, "container init died").with_hint(kMuteInit).at("init");
    if (!packet) return {};
    if (packet->message.kind == plan::Kind::Failed) return explain(opened, *packet);
    if (packet->message.kind == plan::Kind::File) TRY(give_listener(opened, packet->file.get()));
    if (packet->message.kind == plan::Kind::Timing) {
      timing += format("{\"step\":%u,\"phase\":\"start\",\"ns\":%llu}\n", packet->message.step,
                       static_cast<unsigned long long>(packet->message.nanoseconds));
    }
  }
}

Status run_poststart(const Opened& opened) {
  std::string text = TRY(read_file(opened.dir.fd(), kConfigFile, 64 << 20));
  // Parsing is most of what a start costs, and few containers have such hooks.
  if (text.find("\"poststart\"") == std::string::npos && text.find("\\u") == std::string::npos)
    return {};
  spec::Config config = TRY(spec::parse_config(text, kConfigFile));
  if (!config.hooks) return {};
  return run_hooks(config.hooks->poststart, "poststart",
                   state_of(opened.record, spec::ContainerStatus::Running));
}

// What is left to do when the container runs and others may work on it.
struct Notifying {
  std::optional<NotifyProxy> proxy;
  std::optional<Fd> init;
};

Status start_opened(const Globals& globals, const Opened& opened, Notifying& notifying) {
  TRY(check_startable(opened.status));
  notifying.proxy = TRY(NotifyProxy::open(opened.dir.fd()));  // before the program can say anything
  if (notifying.proxy) notifying.init = TRY(open_process(opened.record.init));
  std::string timing;
  TRY(let_go(opened, timing));
  if (unlinkat(opened.dir.fd(), kStartSocket, 0) < 0 && errno != ENOENT)
    return Error::sys("remove '%s'", kStartSocket);
  TRY(write_timing(globals, timing));
  return run_poststart(opened);
}

}  // namespace

Status start(const Globals& globals, const std::string& id) {
  Status started;
  Notifying notifying;
  pid_t pid;
  {
    Opened opened = TRY(open_container_locked(globals, id));
    pid = opened.record.init.pid;
    started = start_opened(globals, opened, notifying);
  }
  if (started && notifying.init)
    return notifying.proxy->pass_until_ready(pid, notifying.init->get());
  if (!started && started.error().code == Code::HookFailed) {
    // runtime.md, "Lifecycle", 7 and 9: stop the container and go on with deletion and the poststop
    // hooks.
    Status removed = remove(globals, id, true);
    if (!removed)
      return std::move(started).error().in("and it could not be removed: " +
                                           removed.error().text());
  }
  return started;
}

}  // namespace container
