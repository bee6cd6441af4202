#include "supervisor/daemon/daemon.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/strings.h"
#include "spec/json_writer.h"
#include "supervisor/protocol/paths.h"

namespace rtd {

namespace {

Result<std::string> read_boot_id() {
  std::string text = TRY(read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64));
  return std::string(trim(text));
}

uint64_t resident_bytes() {
  Result<std::string> text = read_file(AT_FDCWD, "/proc/self/statm", 256);
  if (!text) return 0;
  std::vector<std::string_view> words = split(*text, ' ');
  uint64_t pages = words.size() > 1 ? parse_number<uint64_t>(words[1]).value_or(0) : 0;
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t open_descriptors() {
  DIR* dir = opendir("/proc/self/fd");
  uint64_t count = 0;
  while (dir != nullptr && readdir(dir) != nullptr) count++;
  if (dir != nullptr) closedir(dir);
  return count > 3 ? count - 3 : 0;  // ".", ".." and the directory itself
}

}  // namespace

Daemon::Daemon(Options options)
    : options_(std::move(options)),
      server_(&loop_, Access{geteuid(), options_.operators, options_.readers},
              [this](const Call& call, Responder respond) { handle(call, std::move(respond)); }),
      subscribers_(&server_, &journal_) {}

Status Daemon::open() {
  started_ms_ = monotonic_ms();
  boot_id_ = TRY(read_boot_id());
  instance_ = TRY(random_name());
  home_ = TRY(take_home(options_.dir));
  TRY(loop_.open());
  loop_.on_signal([this](int signal) { on_signal(signal); });
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) return Error::sys("prctl PR_SET_CHILD_SUBREAPER");
  raise_descriptor_limit();
  TRY(journal_.open(options_.dir));
  journal_.on_event(
      [this](uint64_t seq, const std::string& json) { subscribers_.tell(seq, json); });
  journal_.add("daemon-started", "", "\"instance\":" + json_quote(instance_));
  keeper_.emplace(&loop_, &journal_,
                  KeeperOptions{options_.dir, options_.state_dir, options_.runtime,
                                options_.monitor, boot_id_});
  api_.emplace(&loop_, &server_, &*keeper_);
  TRY(keeper_->open());
  Fd listener = TRY(inherited_listener());
  if (!listener) {
    std::string path = options_.socket.empty() ? protocol::kSocketName : options_.socket;
    listener = TRY(listen_at(home_.dir.get(), path, options_.operators || options_.readers));
  }
  server_.listen(std::move(listener));
  return {};
}

void Daemon::run() {
  notify_manager("READY=1");
  loop_.run();
  notify_manager("STOPPING=1");
}

void Daemon::on_signal(int signal) {
  if (signal == SIGHUP) return;  // a terminal that closes is none of ours
  log_info("ending: got signal %d", signal);
  shut_down();
}

// The socket's file stays: whoever finds nobody behind it knows that a daemon was here, and the
// next one replaces it.
void Daemon::shut_down() {
  loop_.after(0, [this] {
    server_.close_all();
    loop_.stop();
  });
}

void Daemon::handle(const Call& call, Responder respond) {
  using protocol::MethodId;
  if (call.method.mutates) {
    std::optional<spec::JsonValue> id = call.params ? call.params->find("id") : std::nullopt;
    log_info("audit: user %u (process %d): %s%s", call.peer.uid, static_cast<int>(call.peer.pid),
             call.method.name, id ? (" " + spec::quote_briefly(id->text())).c_str() : "");
  }
  switch (call.method.id) {
    case MethodId::Hello: return respond.result(hello_json(call.peer));
    case MethodId::Discover: return respond.result(protocol::discover_text(options_.version));
    case MethodId::Health: return respond.result(health_json());
    case MethodId::Shutdown: respond.done(); return shut_down();
    case MethodId::Subscribe: return subscribe(call, std::move(respond));
    case MethodId::History: return history(call, std::move(respond));
    default: return api_->handle(call, std::move(respond));
  }
}

void Daemon::subscribe(const Call& call, Responder respond) {
  Result<uint64_t> since = call.params ? call.params->get<uint64_t>("since", journal_.last())
                                       : Result<uint64_t>(journal_.last());
  Status added = since ? subscribers_.add(call.connection, std::min(*since, journal_.last()))
                       : Status(since.error());
  if (!added) return respond.fail(added.error());
  respond.result("{\"last\":" + std::to_string(journal_.last()) + "}");
}

void Daemon::history(const Call& call, Responder respond) const {
  constexpr size_t kMostBytes = 512 << 10;
  uint64_t oldest = journal_.oldest() - 1;
  Result<uint64_t> since =
      call.params ? call.params->get<uint64_t>("since", oldest) : Result<uint64_t>(oldest);
  Result<Journal::Some> some =
      since ? journal_.since(*since, kMostBytes) : Result<Journal::Some>(since.error());
  if (!some) return respond.fail(some.error());
  std::string text = "{\"events\":[";
  for (const std::string& json : some->events) text += (text.back() == '[' ? "" : ",") + json;
  respond.result(text + "],\"last\":" + std::to_string(some->last) + "}");
}

std::string Daemon::hello_json(const Peer& peer) const {
  spec::JsonWriter out(spec::JsonWriter::kCompact);
  out.begin_object();
  out.field("api_major", protocol::kApiMajor);
  out.field("api_minor", protocol::kApiMinor);
  out.field("version", options_.version);
  out.field("pid", getpid());
  out.field("instance", instance_);
  out.field("boot_id", boot_id_);
  out.field("role", role_name(peer.role));
  out.key("limits");
  out.begin_object();
  out.field("line_bytes", protocol::kMaxLine);
  out.field("batch", protocol::kMaxBatch);
  out.field("in_flight", kMaxInFlight);
  out.field("connections", kMaxConnections);
  out.end_object();
  out.end_object();
  return out.take();
}

std::string Daemon::health_json() const {
  spec::JsonWriter out(spec::JsonWriter::kCompact);
  out.begin_object();
  out.field("status", keeper_->lost_something() ? "degraded" : "ok");
  out.field("uptime_ms", monotonic_ms() - started_ms_);
  out.field("containers", keeper_->all().size());
  out.field("connections", server_.connections());
  out.field("rss_bytes", resident_bytes());
  out.field("open_fds", open_descriptors());
  out.end_object();
  return out.take();
}

}  // namespace rtd
