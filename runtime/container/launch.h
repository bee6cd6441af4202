// Bringing a plan to life: the init image, its open files, its namespaces, and the conversation
// with it (plan/steps.h).
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/container/options.h"
#include "runtime/plan/plan.h"
#include "spec/state.h"

namespace container {

// init, until it is the container's program. Killed and reaped by the destructor unless released.
class Child {
 public:
  Child() = default;
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) = delete;
  ~Child();

  int pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }
  int console() const { return console_.get(); }
  Fd take_console() { return std::move(console_); }
  Fd take_pidfd() { return std::move(pidfd_); }  // before release()
  bool own_pid_namespace() const { return own_pid_namespace_; }

  Status go();  // let init pass the point at which it waits
  // Serves init until it reaches `point`. A failed step, or init's death, is the error, in the
  // words of the plan.
  Status run_until(plan::SyncPoint point);
  // Serves init until it has become the program (end of file) or failed to.
  Status run_until_exec();
  // For the hooks that init runs: `state` with the pid and status that they see. Before the first
  // go().
  Status give_state(spec::State state);

  // Who is told when init loads a filter with notifications. Both must outlive the conversation.
  void set_agent(const spec::Seccomp* seccomp, const spec::State& state) {
    seccomp_ = seccomp, agent_state_ = state;
  }

  void release();  // it lives on without us

  // Time of each step, as JSON lines, when timing was asked for.
  const std::string& timing() const { return timing_; }

 private:
  friend class Launcher;
  friend Result<Child> launch(const plan::Plan& plan, const struct LaunchOptions& options);
  Status serve(bool until_exec, plan::SyncPoint point);
  Status take_file(int tag, Fd file);
  Status answer_home(Fd passwd);
  Error explain(const plan::Message& message, const std::string& text) const;
  Error died() const;

  const plan::Plan* plan_ = nullptr;
  int pid_ = -1;
  Fd pidfd_, sync_, console_;
  std::vector<Fd> hook_states_;
  std::vector<spec::ContainerStatus> hook_state_status_;
  Fd hook_output_;
  bool own_pid_namespace_ = false;
  const spec::Seccomp* seccomp_ = nullptr;
  spec::State agent_state_;
  std::string timing_;
};

struct LaunchOptions {
  int state_dirfd = -1;                    // for start.sock
  const cgroup::Cgroup* cgroup = nullptr;  // init is in it when this returns
  bool timing = false;
};
// `plan` must outlive the result. On return init runs, or waits for go().
Result<Child> launch(const plan::Plan& plan, const LaunchOptions& options);

}  // namespace container
