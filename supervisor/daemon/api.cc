#include "supervisor/daemon/api.h"

#include <fcntl.h>
#include <sys/random.h>

#include <algorithm>

#include "base/io.h"
#include "base/path.h"
#include "base/signal_names.h"
#include "base/strings.h"

namespace rtd {

namespace {

using protocol::MethodId;

template <class T>
std::optional<T> given(const Call& call, const char* name) {
  std::optional<spec::JsonValue> value = call.params ? call.params->find(name) : std::nullopt;
  if (!value) return std::nullopt;
  // of the right type, as the table was checked; a number may still be too large
  Result<T> read = value->as<T>();
  return read ? std::optional<T>(*read) : std::nullopt;
}

Result<std::optional<int>> signal_in(const Call& call, const char* name) {
  std::optional<std::string> text = given<std::string>(call, name);
  if (!text) return std::optional<int>();
  std::optional<int> number = sys::parse_signal(*text);
  if (!number || *number == 0)
    return Error::make(Code::Usage, "there is no signal %s", spec::quote_briefly(*text).c_str());
  return number;
}

// The rest of a number's range is not for counts of files and restarts.
Status take_count(const Call& call, const char* name, int32_t* into) {
  std::optional<int64_t> value = given<int64_t>(call, name);
  if (!value) return {};
  if (*value > 1000000) return Error::make(Code::Usage, "%s: at most 1000000", name);
  *into = static_cast<int32_t>(*value);
  return {};
}

}  // namespace

Result<std::string> random_name() {
  unsigned char bytes[8];
  if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) return Error::sys("getrandom");
  std::string name;
  for (unsigned char byte : bytes) name += format("%02x", byte);
  return name;
}

Result<ContainerPtr> Api::find(const Call& call) const {
  ContainerPtr container = TRY(keeper_->find(given<std::string>(call, "id").value_or("")));
  bool theirs = call.peer.role == protocol::Role::Admin || container->record.owner == call.peer.uid;
  if (call.method.role >= protocol::Role::Operator && !theirs) {
    return Error::make(Code::PermissionDenied, "the container '%s' is not user %u's",
                       container->record.id.c_str(), call.peer.uid);
  }
  return container;
}

Done Api::shown(const ContainerPtr& container, Responder respond) {
  return [this, container, respond](Status status) mutable {
    if (status) {
      respond.result(container_json(*keeper_, *container));
    } else {
      respond.fail(status.error());
    }
  };
}

void Api::handle(const Call& call, Responder respond) {
  switch (call.method.id) {
    case MethodId::Create: return create(call, false, std::move(respond));
    case MethodId::Run: return create(call, true, std::move(respond));
    case MethodId::List: return respond.result(list_json());
    default: break;
  }
  Result<ContainerPtr> container = find(call);
  if (!container) return respond.fail(container.error());
  act(call, *container, std::move(respond));
}

void Api::act(const Call& call, const ContainerPtr& container, Responder respond) {
  std::optional<int64_t> timeout = given<int64_t>(call, "timeout_ms");
  switch (call.method.id) {
    case MethodId::Start: return keeper_->start(container, shown(container, std::move(respond)));
    case MethodId::Stop: {
      Result<std::optional<int>> signal = signal_in(call, "signal");
      if (!signal) return respond.fail(signal.error());
      return keeper_->stop(container, *signal, timeout, shown(container, std::move(respond)));
    }
    case MethodId::Kill: {
      Result<std::optional<int>> signal = signal_in(call, "signal");
      return respond.done(signal ? keeper_->kill(container, signal->value_or(SIGKILL))
                                 : Status(signal.error()));
    }
    case MethodId::Pause: return keeper_->pause(container, shown(container, std::move(respond)));
    case MethodId::Resume: return keeper_->resume(container, shown(container, std::move(respond)));
    case MethodId::Restart:
      return keeper_->restart(container, timeout, shown(container, std::move(respond)));
    case MethodId::Remove: {
      bool force = given<bool>(call, "force").value_or(false);
      return keeper_->remove(container, force,
                             [respond](const Status& status) mutable { respond.done(status); });
    }
    case MethodId::Inspect: return respond.result(container_json(*keeper_, *container));
    case MethodId::Wait:
      return keeper_->wait(container, [this, container, respond]() mutable {
        respond.result(container_json(*keeper_, *container));
      });
    case MethodId::Attach: return attach(call, container, std::move(respond));
    case MethodId::Resize: {
      std::string request = format(
          "resize %lld %lld", static_cast<long long>(given<int64_t>(call, "columns").value_or(0)),
          static_cast<long long>(given<int64_t>(call, "rows").value_or(0)));
      return ask_monitor(loop_, keeper_->monitor_dir(*container), request, 5000,
                         [respond](const Result<std::string>& reply) mutable {
                           respond.done(reply ? Status() : Status(reply.error()));
                         });
    }
    case MethodId::Logs: {
      Status sent = logs(container, &respond);
      if (!sent) respond.fail(sent.error());
      return;
    }
    default:
      return respond.fail(Error::make(Code::Internal, "%s has no handler", call.method.name));
  }
}

Result<Wanted> Api::wanted(const Call& call) const {
  Wanted wanted;
  Record& record = wanted.record;
  record.id = given<std::string>(call, "id").value_or("");
  if (record.id.empty()) record.id = TRY(random_name());
  std::optional<std::string> bundle = given<std::string>(call, "bundle");
  std::optional<spec::JsonValue> config = call.params ? call.params->find("config") : std::nullopt;
  if (bundle.has_value() == config.has_value())
    return Error::make(Code::Usage, "expected either bundle or config");
  if (bundle && !is_absolute(*bundle))
    return Error::make(Code::Usage, "bundle: expected an absolute path");
  if (bundle) record.bundle = clean_path(*bundle);
  if (config) wanted.config = protocol::json_text(*config);
  if (std::optional<spec::JsonValue> labels = call.params->find("labels")) {
    for (spec::JsonValue item : labels->items())
      record.labels.emplace_back(item.key(), item.text());
  }
  int64_t owner = given<int64_t>(call, "owner").value_or(call.peer.uid);
  if (owner > UINT32_MAX) return Error::make(Code::Usage, "owner: there is no such user number");
  record.owner = static_cast<uint32_t>(owner);
  record.input = given<bool>(call, "stdin").value_or(false);
  record.remove = given<bool>(call, "remove").value_or(false);
  record.log_format = given<std::string>(call, "log_format").value_or(record.log_format);
  record.log_max_size = given<uint64_t>(call, "log_max_size").value_or(0);
  TRY(take_count(call, "log_max_files", &record.log_max_files));
  if (record.log_max_files < 1) return Error::make(Code::Usage, "log_max_files: at least 1");
  TRY(signal_in(call, "stop_signal"));
  record.stop_signal = given<std::string>(call, "stop_signal").value_or(record.stop_signal);
  record.stop_timeout_ms = given<int64_t>(call, "stop_timeout_ms").value_or(record.stop_timeout_ms);
  record.restart = given<std::string>(call, "restart").value_or(record.restart);
  TRY(take_count(call, "restart_max", &record.restart_max));
  if (record.remove && record.restart != "no") {
    return Error::make(Code::Usage, "a container that is removed when it ends cannot be restarted")
        .with_hint("leave out remove or restart");
  }
  return wanted;
}

void Api::create(const Call& call, bool start, Responder respond) {
  Result<Wanted> what = wanted(call);
  if (!what) return respond.fail(what.error());
  what->start = start;
  // Known only once create() has returned; the answer comes later than that, always.
  auto made = std::make_shared<ContainerPtr>();
  Result<ContainerPtr> container =
      keeper_->create(std::move(*what), [this, made, respond](Status status) mutable {
        if (status) return respond.result(container_json(*keeper_, **made));
        respond.fail(status.error());
      });
  if (!container) return respond.fail(container.error());
  *made = *container;
  if (!given<bool>(call, "weak").value_or(false)) return;
  server_->on_gone(call.connection, [this, weak = std::weak_ptr<Container>(*container)] {
    if (ContainerPtr alive = weak.lock()) keeper_->remove(alive, true, [](const Status&) {});
  });
}

void Api::attach(const Call& call, const ContainerPtr& container, Responder respond) {
  std::string request = "attach";
  if (given<bool>(call, "wait").value_or(false)) request += " wait";
  if (given<bool>(call, "once").value_or(false)) request += " once";
  struct Attaching {
    std::unique_ptr<MonitorLink> link;
  };
  auto attaching = std::make_shared<Attaching>();
  MonitorLink::Handlers handlers;
  handlers.reply = [attaching, respond](Result<std::string> reply) mutable {
    std::unique_ptr<MonitorLink> link = std::move(attaching->link);
    if (!reply) return respond.fail(reply.error());
    Result<spec::JsonDocument> document = spec::JsonDocument::parse(*reply, "the monitor's reply");
    if (!document) return respond.fail(document.error());
    std::string json = format("{\"terminal\":%s,\"stdin\":%s}",
                              *document->root().get<bool>("terminal", false) ? "true" : "false",
                              *document->root().get<bool>("input", false) ? "true" : "false");
    std::vector<Fd> fds;
    fds.push_back(link->take());
    respond.result(json, std::move(fds));
  };
  handlers.gone = [attaching, respond]() mutable {
    attaching->link.reset();
    respond.fail(Error::make(Code::RuntimeFailed, "the monitor has ended"));
  };
  Result<std::unique_ptr<MonitorLink>> link =
      MonitorLink::connect(loop_, keeper_->monitor_dir(*container), request, std::move(handlers));
  if (!link) return respond.fail(link.error());
  if (!*link) {
    return respond.fail(Error::make(Code::ContainerNotRunning,
                                    "the container '%s' is %s: there is nothing to attach to",
                                    container->record.id.c_str(), state_name(container->state)));
  }
  attaching->link = std::move(*link);
}

// Oldest first. A file that is rotated away meanwhile is missed or seen under another name, never
// half.
Status Api::logs(const ContainerPtr& container, Responder* respond) {
  std::vector<Fd> files;
  std::string path = keeper_->log_path(*container);
  constexpr int kMost = 32;
  for (int n = std::min(container->record.log_max_files - 1, kMost); n >= 0; n--) {
    std::string name = n == 0 ? path : path + "." + std::to_string(n);
    Result<Fd> file = open_at(AT_FDCWD, name.c_str(), O_RDONLY | O_NOFOLLOW);
    if (file) files.push_back(std::move(*file));
    if (!file && file.error().errnum != ENOENT) return file.error();
  }
  std::string json = format("{\"format\":\"%s\",\"files\":%zu}",
                            container->record.log_format.c_str(), files.size());
  respond->result(json, std::move(files));
  return {};
}

std::string Api::list_json() const {
  std::string text = "{\"containers\":[";
  for (const auto& [id, container] : keeper_->all()) {
    if (text.back() != '[') text += ',';
    text += container_json(*keeper_, *container);
  }
  return text + "]}";
}

}  // namespace rtd
