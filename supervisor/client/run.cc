// run, create and attach.
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/path.h"
#include "base/signal_names.h"
#include "base/strings.h"
#include "spec/json.h"
#include "spec/json_writer.h"
#include "spec/load.h"
#include "supervisor/client/command.h"
#include "supervisor/client/config.h"
#include "supervisor/client/stdio.h"

namespace client {

namespace {

constexpr long kCgroup2 = 0x63677270;  // CGROUP2_SUPER_MAGIC

struct Restart {
  std::string policy;
  std::optional<uint32_t> max;
};
Result<Restart> parse_restart(const std::string& text) {
  size_t colon = text.find(':');
  Restart restart{text.substr(0, colon), std::nullopt};
  if (colon == std::string::npos) return restart;
  restart.max = parse_number<uint32_t>(std::string_view(text).substr(colon + 1));
  if (restart.policy == "on-failure" && restart.max) return restart;
  return Error::make(
      Code::Usage,
      "invalid value '%s' for --restart: expected no, on-failure[:N], unless-stopped or always",
      text.c_str());
}

Status write_labels(const flags::Parsed& given, spec::JsonWriter* out) {
  std::vector<std::string> labels = given.list("label");
  if (labels.empty()) return {};
  out->key("labels");
  out->begin_object();
  for (const std::string& label : labels) {
    size_t equals = label.find('=');
    out->field(label.substr(0, equals),
               equals == std::string::npos ? "" : label.substr(equals + 1));
  }
  out->end_object();
  return {};
}

// The parameters of container.create, but for what makes the container: that is added behind.
Result<std::string> options_json(const flags::Parsed& given) {
  spec::JsonWriter out(spec::JsonWriter::kCompact);
  out.begin_object();
  if (given.given("name")) out.field("id", given.text("name"));
  if (given.on("interactive")) out.field("stdin", true);
  if (given.on("rm")) out.field("remove", true);
  if (given.given("log-format")) out.field("log_format", given.text("log-format"));
  if (given.given("log-max-files")) out.field("log_max_files", given.number("log-max-files"));
  if (given.given("log-max-size")) {
    std::optional<int64_t> size = parse_size(given.text("log-max-size"));
    if (!size)
      return Error::make(Code::Usage,
                         "invalid value '%s' for --log-max-size: expected a size, such as 10m",
                         given.text("log-max-size").c_str());
    out.field("log_max_size", *size);
  }
  if (given.given("stop-signal")) out.field("stop_signal", given.text("stop-signal"));
  if (given.given("stop-timeout"))
    out.field("stop_timeout_ms", int64_t{1000} * given.number("stop-timeout"));
  if (given.given("restart")) {
    Restart restart = TRY(parse_restart(given.text("restart")));
    out.field("restart", restart.policy);
    if (restart.max) out.field("restart_max", *restart.max);
  }
  TRY(write_labels(given, &out));
  out.end_object();
  return out.take();
}

Result<std::string> source_json(const Invocation& call) {
  const flags::Parsed& given = call.flags;
  if (given.given("bundle") == given.given("rootfs")) {
    return Error::make(Code::Usage, "expected either --bundle or --rootfs")
        .with_hint(
            "rtctl run --rootfs DIR -- COMMAND makes a configuration of flags; --bundle DIR takes "
            "one that is there");
  }
  if (given.given("rootfs")) {
    struct statfs cgroups {};
    bool v2 = statfs("/sys/fs/cgroup", &cgroups) == 0 && cgroups.f_type == kCgroup2;
    spec::Config config = TRY(
        make_config(given, call.args, given.given("name") ? given.text("name") : "container", v2));
    return "\"config\":" + spec::to_json(config, false);
  }
  for (const flags::Flag& flag : kConfigFlags) {
    if (given.given(flag.name)) {
      return Error::make(Code::Usage,
                         "--%s goes with --rootfs: a bundle's config.json says all that by itself",
                         flag.name);
    }
  }
  if (!call.args.empty())
    return Error::make(Code::Usage, "a bundle's config.json names the program; expected none");
  spec::JsonWriter out(spec::JsonWriter::kCompact);
  out.string(absolute_path(given.text("bundle")));
  return "\"bundle\":" + out.take();
}

struct Made {
  std::string id;
  bool terminal = false;
};
Result<Made> make(Connection* daemon, const Invocation& call, const char* method) {
  std::string options = TRY(options_json(call.flags));
  options.pop_back();
  std::string source = TRY(source_json(call));
  Reply reply = TRY(daemon->call(method, options + (options == "{" ? "" : ",") + source + "}"));
  spec::JsonDocument document = TRY(spec::JsonDocument::parse(reply.result, "the daemon's answer"));
  return Made{TRY(document.root().get<std::string>("id")),
              TRY(document.root().get<bool>("terminal", false))};
}

// Joins our stdio to the container's, until its end or (nothing) until we detach. `start`: and
// starts it, once nothing of its output can be missed.
Result<std::optional<int>> join(Connection* daemon, const std::string& id, bool input, bool start) {
  Reply attached =
      TRY(daemon->call("container.attach", format("{\"id\":\"%s\",\"wait\":true,\"once\":%s}",
                                                  id.c_str(), start && input ? "true" : "false")));
  if (attached.fds.size() != 1)
    return Error::make(Code::Internal, "the daemon handed out no connection to the container");
  spec::JsonDocument document =
      TRY(spec::JsonDocument::parse(attached.result, "the daemon's answer"));
  Session session;
  session.terminal = TRY(document.root().get<bool>("terminal", false));
  session.input = input && TRY(document.root().get<bool>("stdin", false));
  session.signal = [&](int number) {
    // it may have ended
    (void)daemon->call("container.kill", format("{\"id\":\"%s\",\"signal\":\"%s\"}", id.c_str(),
                                                sys::signal_name(number).c_str()));
  };
  session.resize = [&](int columns, int rows) {
    // likewise
    (void)daemon->call("container.resize", format("{\"id\":\"%s\",\"columns\":%d,\"rows\":%d}",
                                                  id.c_str(), columns, rows));
  };
  auto started = [&]() -> Status {
    if (start) TRY(daemon->call("container.start", id_params(id)));
    return {};
  };
  std::optional<int> status = TRY(join_stdio(std::move(attached.fds[0]), session, started));
  if (!status) fprintf(stderr, "\r\nrtctl: detached from '%s'\r\n", id.c_str());
  return status;
}

// With --rm: the daemon hears of the end by itself, and then removes it. Who comes after us is not
// to find what is left until then.
void await_removal(Connection* daemon, const std::string& id) {
  for (const char* method : {"container.wait", "container.remove"}) {
    Result<Reply> reply = daemon->call(method, id_params(id));
    if (!reply && reply.error().code == Code::ContainerNotFound) return;
    if (!reply) fprintf(stderr, "rtctl: --rm: %s\n", reply.error().text().c_str());
  }
}

}  // namespace

std::string id_params(const std::string& id) {
  spec::JsonWriter out(spec::JsonWriter::kCompact);
  out.begin_object();
  out.field("id", id);
  out.end_object();
  return out.take();
}

int status_of(const Error& error) {
  if (error.code == Code::ExecNotFound) return 127;
  if (error.code == Code::ExecFailed) return 126;
  return 125;
}

Result<int> run_run(const Invocation& call) {
  Connection daemon = TRY(Connection::open(call.where));
  bool detached = call.flags.on("detach");
  Made made = TRY(make(&daemon, call, detached ? "container.run" : "container.create"));
  if (detached) {
    printf("%s\n", made.id.c_str());
    return 0;
  }
  Result<std::optional<int>> status = join(&daemon, made.id, call.flags.on("interactive"), true);
  // It was never seen to run, so nobody would look for it: with --rm nothing is left of it.
  if (!status && call.flags.on("rm")) {
    // the error that counts is on its way
    (void)daemon.call("container.remove", "{\"force\":true," + id_params(made.id).substr(1));
  }
  if (!status) return std::move(status).error();
  if (*status && call.flags.on("rm")) await_removal(&daemon, made.id);
  return status->value_or(0);
}

Result<int> run_create(const Invocation& call) {
  Connection daemon = TRY(Connection::open(call.where));
  Made made = TRY(make(&daemon, call, "container.create"));
  if (!call.flags.on("quiet")) printf("%s\n", made.id.c_str());
  return 0;
}

Result<int> run_attach(const Invocation& call) {
  Connection daemon = TRY(Connection::open(call.where));
  Reply reply = TRY(daemon.call("container.inspect", id_params(call.args[0])));
  spec::JsonDocument document = TRY(spec::JsonDocument::parse(reply.result, "the daemon's answer"));
  std::string id = TRY(document.root().get<std::string>("id"));
  std::optional<int> status = TRY(join(&daemon, id, true, false));
  return status.value_or(0);
}

}  // namespace client
