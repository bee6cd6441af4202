// The conversation with systemd (org.freedesktop.systemd1(5)): units started, stopped, changed.

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/strings.h"
#include "runtime/cgroup/dbus.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/systemd.h"
#include "runtime/linux/user_namespace.h"

namespace cgroup {
namespace {

using dbus::Connection;
using dbus::Message;

constexpr char kManager[] = "org.freedesktop.systemd1.Manager";
constexpr char kUnitExists[] = "org.freedesktop.systemd1.UnitExists";
constexpr char kNoSuchUnit[] = "org.freedesktop.systemd1.NoSuchUnit";

std::string environment(const char* name, const std::string& otherwise) {
  const char* value = ::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

// Root in a user namespace that an ordinary user made still has that user's manager.
bool is_user_manager() {
  return sys::acts_for_user();
}

// Engines may hand us an environment of XDG_RUNTIME_DIR alone.
std::vector<dbus::Address> addresses() {
  bool user = is_user_manager();
  std::string run = environment("XDG_RUNTIME_DIR", format("/run/user/%u", ::geteuid()));
  std::string bus =
      user ? environment("DBUS_SESSION_BUS_ADDRESS", "unix:path=" + run + "/bus")
           : environment("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/run/dbus/system_bus_socket");
  std::vector<dbus::Address> list = dbus::parse_addresses(bus);
  // The session may have a bus of its own, where the manager is not.
  if (user) list.push_back({run + "/bus", false});
  list.push_back({(user ? run : std::string("/run")) + "/systemd/private", true});
  return list;
}

Result<Connection> connect() {
  Result<Connection> connection = Connection::open(addresses());
  if (connection) return connection;
  return std::move(connection)
      .error()
      .in("systemd")
      .with_hint(
          is_user_manager()
              ? "is there a user session ('loginctl enable-linger'), and XDG_RUNTIME_DIR set?"
              : "is D-Bus running? --cgroup-manager cgroupfs does without it");
}

// systemd would take our number for a process of its own namespace, and move, and later kill, that.
Status check_pids(const Connection& connection) {
  if (connection.shares_pids()) return {};
  return Error::make(Code::Unsupported,
                     "systemd is outside of our PID namespace, so it cannot be told of a process")
      .with_hint("run rt in the PID namespace of systemd, or use --cgroup-manager cgroupfs");
}

Message manager_call(const char* member, const char* signature, std::string body) {
  Message call;
  call.destination = "org.freedesktop.systemd1";
  call.path = "/org/freedesktop/systemd1";
  call.interface = kManager;
  call.member = member;
  call.signature = signature;
  call.body = std::move(body);
  return call;
}

Error refusal(const std::string& what, const Message& reply) {
  std::string text;
  if (reply.signature.starts_with('s')) {
    Result<std::string> said = dbus::Reader(reply.body, reply.big_endian).text();
    if (said) text = ": " + *said;
  }
  return Error::make(Code::CgroupFailed, "systemd: %s: %s%s", what.c_str(),
                     reply.error_name.c_str(), text.c_str());
}

// Before the job is asked for, so that its end cannot be missed. Only our unit's: a daemon wakes us
// for nothing else. The private socket sends everything unasked.
Status watch(Connection* connection, const std::string& unit) {
  if (connection->is_direct()) return {};
  dbus::Writer rule;
  rule.text(
      format("type='signal',sender='org.freedesktop.systemd1',interface='%s',member='JobRemoved',"
             "arg2='%s'",
             kManager, unit.c_str()));
  Message call;
  call.destination = call.interface = "org.freedesktop.DBus";
  call.path = "/org/freedesktop/DBus";
  call.member = "AddMatch";
  call.signature = "s";
  call.body = rule.bytes();
  Message reply = TRY(connection->call(std::move(call)));
  if (reply.type != dbus::Type::Return) return refusal("AddMatch", reply);
  return {};
}

// JobRemoved(uoss): number, job, unit, result.
Status wait_job(Connection* connection, const Message& reply, const std::string& unit) {
  std::string job = TRY(dbus::Reader(reply.body, reply.big_endian).text());
  for (;;) {
    Message signal =
        TRY_IN("unit '" + unit + "'", connection->wait_signal(reply.sender, "JobRemoved"));
    dbus::Reader in(signal.body, signal.big_endian);
    (void)TRY(in.u32());
    std::string removed = TRY(in.text());
    if (removed != job) continue;
    (void)TRY(in.text());
    std::string result = TRY(in.text());
    if (result == "done") return {};
    return Error::make(Code::CgroupFailed, "systemd: the job of unit '%s' ended with '%s'",
                       unit.c_str(), result.c_str());
  }
}

void text(dbus::Writer* out, const char* name, const std::string& value) {
  out->align(8);
  out->text(name);
  out->signature("s");
  out->text(value);
}

void flag(dbus::Writer* out, const char* name, bool value) {
  out->align(8);
  out->text(name);
  out->signature("b");
  out->boolean(value);
}

std::string slice_of(const Location& location) {
  std::string above(base_name(dir_name(location.dirs[0].path)));
  return above.ends_with(".slice") ? above : "-.slice";
}

void add_relations(const Location& location, pid_t pid, dbus::Writer* out) {
  text(out, "Description", "rt container " + location.unit);
  // A unit that failed stays, and its name is taken, until somebody looks at it. Nobody will.
  text(out, "CollectMode", "inactive-or-failed");
  flag(out, "DefaultDependencies", false);
  for (const char* name : {"MemoryAccounting", "CPUAccounting", "TasksAccounting", "IOAccounting"})
    flag(out, name, true);
  if (location.unit.ends_with(".slice")) return;
  text(out, "Slice", slice_of(location));
  flag(out, "Delegate", true);
  out->align(8);
  out->text("PIDs");
  out->signature("au");
  dbus::Writer::Array pids = out->begin(4);
  out->u32(static_cast<uint32_t>(pid));
  out->end(pids);
}

Result<std::string> start_body(const Location& location, const spec::Resources& resources,
                               pid_t pid) {
  dbus::Writer out;
  out.text(location.unit);
  out.text("replace");
  dbus::Writer::Array properties = out.begin(8);
  add_relations(location, pid, &out);
  TRY(systemd::add_properties(resources, &out));
  TRY(systemd::add_annotations(location.properties, &out));
  out.end(properties);
  out.end(out.begin(8));  // no auxiliary units
  return out.bytes();
}

Status reset_failed(Connection* connection, const std::string& unit) {
  dbus::Writer name;
  name.text(unit);
  Message reply = TRY(connection->call(manager_call("ResetFailedUnit", "s", name.bytes())));
  if (reply.type == dbus::Type::Return || reply.error_name == kNoSuchUnit) return {};
  return refusal("reset unit '" + unit + "'", reply);
}

Result<Message> request_stop(Connection* connection, const std::string& unit) {
  dbus::Writer out;
  out.text(unit);
  out.text("replace");
  return connection->call(manager_call("StopUnit", "ss", out.bytes()));
}

// Not in the kernel's words, which an engine would take to be about the container's program.
Status check_place(const Location& location) {
  const std::string& dir = location.dirs[0].path;
  if (::access(dir.c_str(), F_OK) == 0) return {};
  return Error::make(Code::CgroupFailed, "systemd started unit '%s', but not as cgroup '%s'",
                     location.unit.c_str(), dir.c_str());
}

// "QUOTA PERIOD" of a running container, for an update that changes one of the two.
Status complete_bandwidth(const std::string& dir, spec::Cpu* cpu) {
  bool has_quota = cpu->quota.value_or(0) != 0, has_period = cpu->period.value_or(0) != 0;
  if (has_quota == has_period) return {};
  std::optional<std::string> now = TRY(read_value(dir, "cpu.max"));
  if (!now) return {};
  std::vector<std::string_view> parts = split(*now, ' ');
  if (!has_quota) cpu->quota = parse_number<int64_t>(parts[0]).value_or(-1);
  if (!has_period && parts.size() == 2) cpu->period = parse_number<uint64_t>(parts[1]);
  return {};
}

// The manager's own cgroup, below which all its units are.
Result<std::string> manager_cgroup() {
  Connection connection = TRY(connect());
  dbus::Writer out;
  out.text(kManager);
  out.text("ControlGroup");
  Message call = manager_call("Get", "ss", out.bytes());
  call.interface = "org.freedesktop.DBus.Properties";
  Message reply = TRY(connection.call(std::move(call)));
  if (reply.type != dbus::Type::Return) return refusal("where its cgroup is", reply);
  dbus::Reader in(reply.body, reply.big_endian);
  (void)TRY(in.signature());
  return in.text();
}

}  // namespace

Result<Location> locate_systemd(const Host& host, const LocateOptions& options) {
  if (::access("/run/systemd/system", F_OK) < 0)
    return Error::make(Code::Unsupported,
                       "systemd not running on this host, cannot use systemd cgroups manager")
        .with_hint(
            "leave out --systemd-cgroup (or --cgroup-manager systemd), and give cgroupsPath as a "
            "path");
  if (host.layout != Layout::Unified)
    return Error::make(Code::Unsupported,
                       "the systemd cgroup manager needs cgroup v2, and this machine has v1")
        .with_hint(
            "use --cgroup-manager cgroupfs, or boot with systemd.unified_cgroup_hierarchy=1");
  if (!is_user_manager()) return locate_unit(host, options, "");
  std::string above = TRY(manager_cgroup());
  return locate_unit(host, options, above);
}

namespace systemd {

Status start_unit(const Location& location, const spec::Resources& resources, pid_t pid) {
  Connection connection = TRY(connect());
  if (pid != 0) TRY(check_pids(connection));
  TRY(watch(&connection, location.unit));
  std::string body = TRY(start_body(location, resources, pid));
  Message reply =
      TRY(connection.call(manager_call("StartTransientUnit", "ssa(sv)a(sa(sv))", body)));
  // Left over by somebody who did not clean up; a running one stays in the way.
  if (reply.error_name == kUnitExists) {
    TRY(reset_failed(&connection, location.unit));
    reply = TRY(connection.call(manager_call("StartTransientUnit", "ssa(sv)a(sa(sv))", body)));
  }
  if (reply.type != dbus::Type::Return) return refusal("start unit '" + location.unit + "'", reply);
  Status started = wait_job(&connection, reply, location.unit);
  if (started) started = check_place(location);
  // It is ours from the reply on, whatever became of the job.
  if (!started) (void)request_stop(&connection, location.unit);
  return started;
}

Status stop_unit(const Location& location) {
  Connection connection = TRY(connect());
  TRY(watch(&connection, location.unit));
  Message reply = TRY(request_stop(&connection, location.unit));
  if (reply.error_name == kNoSuchUnit) return {};
  if (reply.type != dbus::Type::Return) return refusal("stop unit '" + location.unit + "'", reply);
  return wait_job(&connection, reply, location.unit);
}

Status attach(const Location& location, pid_t pid) {
  dbus::Writer out;
  out.text(location.unit);
  // the unit's own cgroup or, for exec --cgroup, one below it
  const std::string& dir = location.dirs[0].path;
  size_t own = dir.rfind("/" + location.unit);
  out.text(own == dir.npos ? "" : dir.substr(own + 1 + location.unit.size()));
  dbus::Writer::Array pids = out.begin(4);
  out.u32(static_cast<uint32_t>(pid));
  out.end(pids);
  Connection connection = TRY(connect());
  TRY(check_pids(connection));
  Message reply = TRY(connection.call(manager_call("AttachProcessesToUnit", "ssau", out.bytes())));
  if (reply.type == dbus::Type::Return) return {};
  return refusal(
      format("move process %d into unit '%s'", static_cast<int>(pid), location.unit.c_str()),
      reply);
}

Status set_properties(const Location& location, const spec::Resources& resources) {
  spec::Resources wanted = resources;
  if (wanted.cpu) TRY(complete_bandwidth(location.dirs[0].path, &*wanted.cpu));
  dbus::Writer properties;
  TRY(add_properties(wanted, &properties));
  if (properties.bytes().empty()) return {};
  dbus::Writer out;
  out.text(location.unit);
  out.boolean(true);  // until the unit is stopped, not in a file under /etc
  dbus::Writer::Array list = out.begin(8);
  TRY(add_properties(wanted, &out));
  out.end(list);
  Connection connection = TRY(connect());
  Message reply = TRY(connection.call(manager_call("SetUnitProperties", "sba(sv)", out.bytes())));
  if (reply.type != dbus::Type::Return)
    return refusal("change unit '" + location.unit + "'", reply);
  return {};
}

}  // namespace systemd
}  // namespace cgroup
