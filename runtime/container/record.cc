// The record as JSON. A field that a later rt adds is ignored by this one; `version` goes up only
// when ignoring would be wrong.

#include "runtime/container/record.h"

#include <utility>

#include "spec/json.h"
#include "spec/json_writer.h"

namespace container {
namespace {

constexpr int32_t kVersion = 1;

// The format's own words: what the enums are called elsewhere may change, files stay.
constexpr std::pair<cgroup::Manager, const char*> kManagers[] = {
    {cgroup::Manager::Fs, "fs"},
    {cgroup::Manager::Systemd, "systemd"},
    {cgroup::Manager::Disabled, "disabled"},
};
constexpr std::pair<cgroup::Layout, const char*> kLayouts[] = {
    {cgroup::Layout::None, "none"},
    {cgroup::Layout::V1, "v1"},
    {cgroup::Layout::Hybrid, "hybrid"},
    {cgroup::Layout::Unified, "unified"},
};

template <class Enum, size_t N>
const char* word_of(const std::pair<Enum, const char*> (&table)[N], Enum value) {
  for (const auto& [known, word] : table) {
    if (known == value) return word;
  }
  return "";
}

template <class Enum, size_t N>
Result<Enum> read_word(const std::pair<Enum, const char*> (&table)[N],
                       const spec::JsonValue& object, const char* name) {
  std::string text = TRY(object.get<std::string>(name));
  for (const auto& [value, word] : table) {
    if (text == word) return value;
  }
  return object.error("%s: unknown value '%s'", name, text.c_str());
}

void write_cgroup(spec::JsonWriter* out, const cgroup::Location& location) {
  out->begin_object();
  out->field("manager", word_of(kManagers, location.manager));
  out->field("layout", word_of(kLayouts, location.layout));
  if (!location.unit.empty()) out->field("unit", location.unit);
  out->key("dirs");  // controllers -> path; each hierarchy once. This is most of the record on v1
  out->begin_object();
  for (const cgroup::Location::Dir& dir : location.dirs) out->field(dir.controllers, dir.path);
  out->end_object();
  out->end_object();
}

Result<cgroup::Location> read_cgroup(const spec::JsonValue& root) {
  cgroup::Location location;
  std::optional<spec::JsonValue> object = root.find("cgroup");
  if (!object) return root.missing("cgroup");
  TRY(object->expect(spec::JsonKind::Object));
  location.manager = TRY(read_word(kManagers, *object, "manager"));
  location.layout = TRY(read_word(kLayouts, *object, "layout"));
  location.unit = TRY(object->get<std::string>("unit", ""));
  std::optional<spec::JsonValue> dirs = object->find("dirs");
  if (!dirs) return object->missing("dirs");
  TRY(dirs->expect(spec::JsonKind::Object));
  for (spec::JsonValue item : dirs->items()) {
    std::string path = TRY(item.as<std::string>());
    // It will be emptied and removed; a damaged record must not make that happen elsewhere.
    if (!path.starts_with('/')) return item.error("'%s' is not absolute", path.c_str());
    location.dirs.push_back({std::string(item.key()), std::move(path)});
  }
  return location;
}

void write_location(spec::JsonWriter* out, const RdtLocation& rdt) {
  if (rdt.group.empty()) return;
  out->key("intelRdt");
  out->begin_object();
  out->field("group", rdt.group);
  out->field("removeGroup", rdt.remove_group);
  if (!rdt.monitor.empty()) out->field("monitor", rdt.monitor);
  out->end_object();
}

Result<RdtLocation> read_rdt(const spec::JsonValue& root) {
  RdtLocation rdt;
  std::optional<spec::JsonValue> object = root.find("intelRdt");
  if (!object) return rdt;
  TRY(object->expect(spec::JsonKind::Object));
  rdt.group = TRY(object->get<std::string>("group"));
  rdt.remove_group = TRY(object->get<bool>("removeGroup"));
  rdt.monitor = TRY(object->get<std::string>("monitor", ""));
  // They are removed; a damaged record must not make that happen elsewhere.
  for (const std::string& path : {rdt.group, rdt.monitor}) {
    if (!path.empty() && !path.starts_with('/'))
      return object->error("'%s' is not absolute", path.c_str());
  }
  return rdt;
}

Result<ProcessRef> read_init(const spec::JsonValue& root) {
  ProcessRef init;
  std::optional<spec::JsonValue> object = root.find("init");
  if (!object) return init;
  TRY(object->expect(spec::JsonKind::Object));
  init.pid = TRY(object->get<int32_t>("pid"));
  init.start_time = TRY(object->get<uint64_t>("startTime"));
  init.boot_id = TRY(object->get<std::string>("bootId"));
  if (init.pid <= 0) return object->error("pid: %d cannot be a process", init.pid);
  return init;
}

Result<spec::StringMap> read_annotations(const spec::JsonValue& root) {
  spec::StringMap annotations;
  std::optional<spec::JsonValue> object = root.find("annotations");
  if (!object) return annotations;
  TRY(object->expect(spec::JsonKind::Object));
  for (spec::JsonValue item : object->items()) {
    std::string value = TRY(item.as<std::string>());
    annotations.emplace_back(item.key(), std::move(value));
  }
  return annotations;
}

}  // namespace

std::string to_json(const Record& record) {
  spec::JsonWriter out(spec::JsonWriter::kCompact);
  out.begin_object();
  out.field("version", kVersion);
  out.field("id", record.id);
  out.field("ociVersion", record.oci_version);
  out.field("bundle", record.bundle);
  out.field("rootfs", record.rootfs);
  out.field("created", record.created);
  if (record.creating) out.field("creating", true);
  if (record.init.pid != 0) {
    out.key("init");
    out.begin_object();
    out.field("pid", record.init.pid);
    out.field("startTime", record.init.start_time);
    out.field("bootId", record.init.boot_id);
    out.end_object();
  }
  out.key("cgroup");
  write_cgroup(&out, record.cgroup);
  write_location(&out, record.rdt);
  out.field("cgroupShared", record.cgroup_shared);
  out.field("privatePidNamespace", record.private_pid_namespace);
  if (record.root_mount != 0) out.field("rootMount", record.root_mount);
  out.field("rootless", record.rootless);
  if (!record.annotations.empty()) {
    out.key("annotations");
    out.begin_object();
    for (const auto& [name, value] : record.annotations) out.field(name, value);
    out.end_object();
  }
  out.end_object();
  return out.take();
}

Result<Record> parse_record(std::string_view text, const char* name) {
  spec::JsonDocument document = TRY(spec::JsonDocument::parse(text, name));
  spec::JsonValue root = document.root();
  TRY(root.expect(spec::JsonKind::Object));
  int32_t version = TRY(root.get<int32_t>("version"));
  if (version != kVersion) {
    return root.error("version %d of the format; this rt knows %d", version, kVersion)
        .as(Code::Unsupported)
        .with_hint("the container was made by another rt: use that one");
  }
  Record record;
  record.id = TRY(root.get<std::string>("id"));
  record.oci_version = TRY(root.get<std::string>("ociVersion"));
  record.bundle = TRY(root.get<std::string>("bundle"));
  record.rootfs = TRY(root.get<std::string>("rootfs"));
  record.created = TRY(root.get<std::string>("created"));
  record.creating = TRY(root.get<bool>("creating", false));
  record.init = TRY(read_init(root));
  record.cgroup = TRY(read_cgroup(root));
  record.rdt = TRY(read_rdt(root));
  record.cgroup_shared = TRY(root.get<bool>("cgroupShared"));
  record.private_pid_namespace = TRY(root.get<bool>("privatePidNamespace"));
  record.root_mount = TRY(root.get<uint64_t>("rootMount", 0));
  record.rootless = TRY(root.get<bool>("rootless"));
  record.annotations = TRY(read_annotations(root));
  return record;
}

}  // namespace container
