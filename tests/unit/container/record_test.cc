#include "tests/unit/container/fixture.h"

namespace container {
namespace {

Record full_record() {
  Record record = record_of("web.1_a+b", ProcessRef{4711, 18446744073709551615u, "0f-boot"});
  record.creating = true;
  record.cgroup.manager = cgroup::Manager::Systemd;
  record.cgroup.layout = cgroup::Layout::Hybrid;
  record.cgroup.unit = "rt-web.scope";
  record.cgroup.dirs = {{"cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct/rt/web"},
                        {"", "/sys/fs/cgroup/unified/rt/web"}};
  record.cgroup_shared = true;
  record.rdt = {"/sys/fs/resctrl/web", true, "/sys/fs/resctrl/web/mon_groups/web"};
  record.private_pid_namespace = false;
  record.root_mount = 18446744073709551615u;
  record.rootless = true;
  record.annotations = {{"b", "2"}, {"a", "line\nbreak \"quoted\" \\ /slash"}, {"", "empty name"}};
  return record;
}

void expect_equal(const Record& a, const Record& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.oci_version, b.oci_version);
  EXPECT_EQ(a.bundle, b.bundle);
  EXPECT_EQ(a.rootfs, b.rootfs);
  EXPECT_EQ(a.created, b.created);
  EXPECT_EQ(a.creating, b.creating);
  EXPECT_EQ(a.init.pid, b.init.pid);
  EXPECT_EQ(a.init.start_time, b.init.start_time);
  EXPECT_EQ(a.init.boot_id, b.init.boot_id);
  EXPECT_EQ(a.cgroup.manager, b.cgroup.manager);
  EXPECT_EQ(a.cgroup.layout, b.cgroup.layout);
  EXPECT_EQ(a.cgroup.unit, b.cgroup.unit);
  ASSERT_EQ(a.cgroup.dirs.size(), b.cgroup.dirs.size());
  for (size_t i = 0; i < a.cgroup.dirs.size(); i++) {
    EXPECT_EQ(a.cgroup.dirs[i].controllers, b.cgroup.dirs[i].controllers);
    EXPECT_EQ(a.cgroup.dirs[i].path, b.cgroup.dirs[i].path);
  }
  EXPECT_EQ(a.cgroup_shared, b.cgroup_shared);
  EXPECT_EQ(a.rdt, b.rdt);
  EXPECT_EQ(a.private_pid_namespace, b.private_pid_namespace);
  EXPECT_EQ(a.root_mount, b.root_mount);
  EXPECT_EQ(a.rootless, b.rootless);
  EXPECT_EQ(a.annotations, b.annotations);
}

TEST(Record, EveryFieldComesBack) {
  Record record = full_record();
  std::string json = to_json(record);
  Result<Record> back = parse_record(json, "state.json");
  ASSERT_TRUE(back) << back.error().text();
  expect_equal(record, *back);
  EXPECT_EQ(to_json(*back), json);
}

TEST(Record, EveryManagerAndLayoutComesBack) {
  using cgroup::Layout;
  using cgroup::Manager;
  for (Manager manager : {Manager::Fs, Manager::Systemd, Manager::Disabled}) {
    for (Layout layout : {Layout::None, Layout::V1, Layout::Hybrid, Layout::Unified}) {
      Record record = full_record();
      record.cgroup.manager = manager;
      record.cgroup.layout = layout;
      Result<Record> back = parse_record(to_json(record), "state.json");
      ASSERT_TRUE(back) << back.error().text();
      EXPECT_EQ(back->cgroup.manager, manager);
      EXPECT_EQ(back->cgroup.layout, layout);
    }
  }
}

TEST(Record, BeforeInitThereIsNoPid) {
  Record record = record_of("web", ProcessRef());
  record.creating = true;
  std::string json = to_json(record);
  EXPECT_EQ(json.find("\"init\""), std::string::npos) << json;
  Result<Record> back = parse_record(json, "state.json");
  ASSERT_TRUE(back) << back.error().text();
  expect_equal(record, *back);
}

TEST(Record, IgnoresFieldsItDoesNotKnow) {
  std::string json = to_json(full_record());
  json.insert(1, "\"laterIdea\":{\"a\":[1,2]},");
  Result<Record> back = parse_record(json, "state.json");
  ASSERT_TRUE(back) << back.error().text();
  expect_equal(full_record(), *back);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Record, RefusesWhatItCannotRely0n) {
  std::string json = to_json(full_record());
  struct Case {
    std::string from, to, error;
  };
  const Case cases[] = {
      {"\"version\":1", "\"version\":2", "version 2 of the format"},
      {"\"id\":\"web.1_a+b\",", "", "'id' is missing"},
      {"\"pid\":4711", "\"pid\":0", "cannot be a process"},
      {"\"pid\":4711", "\"pid\":-1", "cannot be a process"},
      {"\"pid\":4711", "\"pid\":\"4711\"", "expected"},
      {"\"manager\":\"systemd\"", "\"manager\":\"magic\"", "unknown value 'magic'"},
      {"\"layout\":\"hybrid\"", "\"layout\":\"v3\"", "unknown value 'v3'"},
      {"/sys/fs/cgroup/unified/rt/web", "rt/web", "'rt/web' is not absolute"},
      {"\"rootless\":true", "\"rootless\":1", "expected"},
      {"{\"version\"", "[{\"version\"", ""},
  };
  for (const Case& test : cases) {
    Result<Record> back = parse_record(replaced(json, test.from, test.to), "/r/web/state.json");
    ASSERT_FALSE(back) << test.to;
    EXPECT_NE(back.error().text().find(test.error), std::string::npos) << back.error().text();
    EXPECT_TRUE(back.error().text().starts_with("/r/web/state.json:1:")) << back.error().text();
  }
  EXPECT_FALSE(parse_record("", "state.json"));
  EXPECT_FALSE(parse_record(json.substr(0, json.size() / 2), "state.json"));
}

}  // namespace
}  // namespace container
