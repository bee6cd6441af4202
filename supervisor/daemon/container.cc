#include "supervisor/daemon/container.h"

namespace rtd {

namespace {

struct Name {
  State state;
  const char* text;
};
constexpr Name kNames[] = {{State::Creating, "creating"}, {State::Created, "created"},
                           {State::Running, "running"},   {State::Paused, "paused"},
                           {State::Exited, "exited"},     {State::Failed, "failed"},
                           {State::Stuck, "stuck"}};

void run_next(Loop* loop, const ContainerPtr& container) {
  if (container->busy || container->jobs.empty()) return;
  Container::Job job = std::move(container->jobs.front());
  container->jobs.pop_front();
  container->busy = true;
  job.run([loop, container, done = std::move(job.done)](Status status) {
    container->busy = false;
    done(std::move(status));
    loop->after(0, [loop, container] { run_next(loop, container); });
  });
}

}  // namespace

const char* state_name(State state) {
  for (const Name& name : kNames) {
    if (name.state == state) return name.text;
  }
  return "failed";
}

std::optional<State> parse_state(std::string_view text) {
  for (const Name& name : kNames) {
    if (text == name.text) return name.state;
  }
  return std::nullopt;
}

void enqueue(Loop* loop, const ContainerPtr& container, std::function<void(Done)> job, Done done) {
  container->jobs.push_back({std::move(job), std::move(done)});
  run_next(loop, container);
}

}  // namespace rtd
