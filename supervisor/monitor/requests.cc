// What clients of the control socket ask for.
#include "base/log.h"
#include "base/pidfd.h"
#include "base/strings.h"
#include "supervisor/monitor/monitor.h"

namespace monitor {

void Monitor::on_request(size_t client, const Request& request, Fd file) {
  Status done;
  switch (request.verb) {
    case Verb::Start:
      if (state_ != State::Created || failure_) {
        done = Error::make(Code::ContainerState, "the container is not waiting to be started");
        break;
      }
      done = spawn(Call::Start);
      if (!done) break;
      state_ = State::Starting;
      control_.client(client).awaits_start = true;
      return;
    case Verb::Signal:
      if (!request.name.empty()) {
        done = execs_.signal(request.name, request.signal);
        break;
      }
      if (init_ == 0 || state_ == State::Stopped) {
        done = Error::make(Code::ContainerNotRunning, "the container has no process");
      } else if (sys::pidfd_send_signal(init_fd_.get(), request.signal) < 0) {
        done = Error::sys("send signal %d to process %d", request.signal, static_cast<int>(init_));
      }
      break;
    case Verb::Exec:
      done = start_exec(client, request, std::move(file));
      if (done) return;
      break;
    case Verb::Handles:
      done = hand_over(client);
      if (done) return;
      break;
    case Verb::Execs: return control_.reply(client, "ok " + execs_.list_json());
    case Verb::Attach:
      done = attach(client, request);
      if (done) return;
      break;
    case Verb::Resize:
    case Verb::CloseStdin: {
      Result<size_t> channel = channel_of(request);
      if (!channel) {
        done = channel.error();
      } else if (request.verb == Verb::Resize) {
        done = channels_[*channel].resize(request.columns, request.rows);
      } else if (channels_[*channel].terminal) {
        done = Error::make(Code::Usage, "close-stdin: the input is a terminal");
      } else {
        channels_[*channel].close_input();
      }
      break;
    }
    case Verb::Rotate: done = log_.rotate(); break;
    case Verb::Reopen: done = log_.reopen(); break;
    case Verb::Status: return control_.reply(client, "ok " + status_json());
    case Verb::Stop:
      if (state_ == State::Creating) {
        done = Error::make(Code::ContainerState, "the container is still being created");
        break;
      }
      stop(request);
      [[fallthrough]];
    case Verb::Wait:
      if (!request.name.empty()) {
        Result<std::string> json = execs_.record(request.name, client);
        if (json && json->empty()) return;  // answered at its end
        if (json) return control_.reply(client, "ok " + *json);
        done = json.error();
        break;
      }
      if (!recorded_) {
        control_.client(client).awaits_exit = true;
        return;
      }
      std::string json = to_json(record_);
      json.pop_back();
      return control_.reply(client, "ok " + json);
  }
  if (done) {
    control_.reply(client, "ok");
  } else {
    control_.reply(client, done.error());
  }
}

Result<size_t> Monitor::channel_of(const Request& request) const {
  if (request.name.empty()) return kInit;
  return execs_.channel_of(request.name);
}

Status Monitor::start_exec(size_t client, const Request& request, Fd file) {
  if (failure_ || (state_ != State::Created && state_ != State::Running)) {
    return Error::make(Code::ContainerNotRunning, "exec: the container does not run");
  }
  return execs_.start(client, request, std::move(file));
}

Status Monitor::attach(size_t client, const Request& request) {
  size_t index = TRY(channel_of(request));
  const Channel& channel = channels_[index];
  control_.reply(client,
                 format("ok {\"terminal\":%s,\"input\":%s}", channel.terminal ? "true" : "false",
                        channel.in ? "true" : "false"));
  control_.attach(client, index, request.wait, request.once);
  if (index != kInit) return {};
  if (state_ == State::Stopped) control_.widen(kInit);
  if (!recorded_) return {};
  std::string json = to_json(record_);
  json.pop_back();
  control_.end(kInit, json);
  return {};
}

std::string Monitor::status_json() const {
  static constexpr const char* kNames[] = {"creating", "created", "starting", "running", "stopped"};
  return "{\"id\":" + json_quote(options_.id) + ",\"state\":\"" +
         kNames[static_cast<size_t>(state_)] + "\",\"pid\":" + std::to_string(init_) +
         format(",\"terminal\":%s,\"input\":%s", options_.terminal ? "true" : "false",
                channels_[kInit].in ? "true" : "false") +
         ",\"clients\":" + std::to_string(control_.attached(kInit)) +
         ",\"log\":{\"bytes\":" + std::to_string(log_.size()) +
         ",\"lostBytes\":" + std::to_string(log_.lost_bytes()) +
         ",\"lostLines\":" + std::to_string(log_.lost_lines()) + "}}";
}

}  // namespace monitor
