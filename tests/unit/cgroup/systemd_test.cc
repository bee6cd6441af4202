#include "runtime/cgroup/systemd.h"

#include <gtest/gtest.h>

#include <map>

#include "runtime/cgroup/dbus.h"

namespace cgroup {
namespace {

std::string path_of(const std::string& cgroups_path, const std::string& above = "") {
  Host host;
  host.layout = Layout::Unified;
  host.v2_mount_point = "/cg";
  LocateOptions options;
  options.id = "web";
  options.cgroups_path = cgroups_path;
  Result<Location> location = locate_unit(host, options, above);
  return location ? location->dirs.at(0).path : "error: " + location.error().text();
}

TEST(Systemd, PathOfAUnit) {
  EXPECT_EQ(path_of(""), "/cg/system.slice/rt-web.scope");
  EXPECT_EQ(path_of("", "/u@1.service"), "/cg/u@1.service/user.slice/rt-web.scope");
  EXPECT_EQ(path_of("a-b.slice:docker:1"), "/cg/a.slice/a-b.slice/docker-1.scope");
  EXPECT_EQ(path_of("-:p:n"), "/cg/p-n.scope");
  EXPECT_EQ(path_of("::n"), "/cg/system.slice/n.scope");
  EXPECT_EQ(path_of("x.slice:p:a-b.slice"), "/cg/a.slice/a-b.slice");
}

TEST(Systemd, NothingLeadsOutOfTheSlice) {
  for (const char* path :
       {"/a", "a:b", "a:b:c:d", "x:a:b", "..:a:b", "../a.slice:a:b", ".slice:a:b", "-a.slice:a:b",
        "a--b.slice:a:b", "a.slice:../x:b", "a.slice:p:b/../c", "a.slice:p:", "a.slice:p:x'y"})
    EXPECT_TRUE(path_of(path).starts_with("error: ")) << path;
}

TEST(Systemd, CpuMask) {
  using namespace std::string_literals;
  EXPECT_EQ(*systemd::cpu_mask("0-2,5"), "\x27"s);
  EXPECT_EQ(*systemd::cpu_mask("8"), "\x00\x01"s);
  for (const char* bad : {"", "a", "2-1", "1-", "-1", "0-99999"})
    EXPECT_FALSE(systemd::cpu_mask(bad)) << bad;
}

TEST(Dbus, AMessageComesBack) {
  dbus::Message message;
  message.serial = 7;
  message.path = "/a";
  message.interface = "i.f";
  message.member = "M";
  message.destination = "d.e";
  message.signature = "s";
  dbus::Writer body;
  body.text("hello");
  message.body = body.bytes();
  std::string bytes = dbus::encode(message);
  EXPECT_EQ(bytes.size() % 8, 10U % 8);
  Result<dbus::Message> got = dbus::decode(bytes);
  ASSERT_TRUE(got) << got.error().text();
  EXPECT_EQ(got->member, "M");
  EXPECT_EQ(got->destination, "d.e");
  EXPECT_EQ(*dbus::Reader(got->body, false).text(), "hello");
  for (size_t size = 0; size < bytes.size(); size++)
    EXPECT_FALSE(dbus::decode(bytes.substr(0, size))) << size;
}

TEST(Dbus, HostileLengthsAreRefused) {
  dbus::Message message;
  message.type = dbus::Type::Signal;
  message.serial = 1;
  message.path = "/a";
  message.member = "M";
  std::string bytes = dbus::encode(message);
  for (size_t at = 4; at < bytes.size(); at++) {
    std::string bent = bytes;
    bent[at] = '\xff';
    (void)dbus::decode(bent);  // must not read beyond the end: the sanitizers tell
  }
  bytes[15] = '\x7f';
  EXPECT_FALSE(dbus::decode(bytes));
}

TEST(Dbus, Addresses) {
  std::vector<dbus::Address> list =
      dbus::parse_addresses("tcp:host=x;unix:path=/a%2fb,guid=1;unix:abstract=c");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].path, "/a/b");
  EXPECT_EQ(list[1].path, std::string("\0c", 2));
}

// What add_properties() and add_annotations() wrote: name to value, as far as these have numbers
// and text.
std::map<std::string, std::string> read_back(const dbus::Writer& written) {
  dbus::Reader in(written.bytes(), false);
  std::map<std::string, std::string> found;
  while (in.position() < written.bytes().size() && in.align(8)) {
    std::string name = *in.text(), type = *in.signature();
    std::string value = type;
    if (type == "t") {
      (void)in.align(8);
      uint64_t low = *in.u32(), high = *in.u32();
      value = std::to_string(high << 32 | low);
    } else if (type == "s") {
      value = *in.text();
    } else if (type == "u" || type == "i" || type == "b") {
      value = std::to_string(*in.u32());
    } else {
      found[name] = type;
      return found;  // of no length that is known here
    }
    found[name] = value;
  }
  return found;
}

std::map<std::string, std::string> properties_of(const spec::Resources& resources) {
  dbus::Writer out;
  Status added = systemd::add_properties(resources, &out);
  EXPECT_TRUE(added) << added.error().text();
  return read_back(out);
}

TEST(Systemd, LimitsAsProperties) {
  using Map = std::map<std::string, std::string>;
  const std::string infinity = "18446744073709551615";
  spec::Resources resources;
  EXPECT_EQ(properties_of(resources), Map());
  resources.memory.emplace();
  resources.memory->limit = 1000;
  resources.memory->swap = 3000;
  resources.memory->reservation = 500;
  EXPECT_EQ(properties_of(resources),
            (Map{{"MemoryMax", "1000"}, {"MemorySwapMax", "2000"}, {"MemoryLow", "500"}}));
  resources.memory->limit = -1;
  resources.memory->swap = std::nullopt;
  resources.memory->reservation = std::nullopt;
  EXPECT_EQ(properties_of(resources), (Map{{"MemoryMax", infinity}, {"MemorySwapMax", infinity}}));
  resources = {};
  resources.pids_limit = 0;
  EXPECT_EQ(properties_of(resources), (Map{{"TasksMax", "1"}}));
  resources.pids_limit = -1;
  EXPECT_EQ(properties_of(resources), (Map{{"TasksMax", infinity}}));
  resources = {};
  resources.cpu.emplace();
  resources.cpu->shares = 1024;
  resources.cpu->quota = 12345;  // 12.345 % of 100 ms, and systemd counts whole percents
  EXPECT_EQ(properties_of(resources), (Map{{"CPUWeight", "100"},
                                           {"CPUQuotaPerSecUSec", "130000"},
                                           {"CPUQuotaPeriodUSec", "100000"}}));
  resources.cpu->shares = std::nullopt;
  resources.cpu->quota = -1;
  resources.cpu->period = 50000;
  EXPECT_EQ(properties_of(resources),
            (Map{{"CPUQuotaPerSecUSec", infinity}, {"CPUQuotaPeriodUSec", "50000"}}));
  resources.cpu->quota = INT64_MAX;
  EXPECT_EQ(properties_of(resources)["CPUQuotaPerSecUSec"], infinity);
}

TEST(Systemd, UnifiedFilesAsProperties) {
  using Map = std::map<std::string, std::string>;
  spec::Resources resources;
  resources.unified = {{"memory.high", "4096\n"}, {"memory.max", "max"},
                       {"pids.max", "7"},         {"cpu.max", "50000 100000"},
                       {"memory.oom.group", "1"}, {"memory.min", "lots"},
                       {"io.max", "8:0 rbps=5"}};
  EXPECT_EQ(properties_of(resources), (Map{{"MemoryHigh", "4096"},
                                           {"MemoryMax", "18446744073709551615"},
                                           {"TasksMax", "7"},
                                           {"CPUQuotaPerSecUSec", "500000"},
                                           {"CPUQuotaPeriodUSec", "100000"}}));
  resources.unified = {{"cpu.max", ""}, {"cpu.max", "max"}, {"cpuset.cpus", "nonsense"}};
  EXPECT_EQ(properties_of(resources), (Map{{"CPUQuotaPerSecUSec", "18446744073709551615"},
                                           {"CPUQuotaPeriodUSec", "100000"}}));
  resources.unified = {{"cpuset.cpus", "0-1"}};
  EXPECT_EQ(properties_of(resources), (Map{{"AllowedCPUs", "ay"}}));
}

TEST(Systemd, DevicesAreNamedByPath) {
  spec::Resources resources;
  resources.block_io.emplace();
  resources.block_io->throttle_read_bps = {{8, 16, 5000}};
  dbus::Writer out;
  ASSERT_TRUE(systemd::add_properties(resources, &out));
  EXPECT_EQ(read_back(out)["IOReadBandwidthMax"], "a(st)");
  EXPECT_NE(out.bytes().find("/dev/block/8:16"), std::string::npos);
}

std::map<std::string, std::string> from_annotation(const std::string& name,
                                                   const std::string& value) {
  dbus::Writer out;
  Status added = systemd::add_annotations({{name, value}}, &out);
  if (!added) return {{"error", added.error().text()}};
  return read_back(out);
}

TEST(Systemd, AnnotationsAsProperties) {
  using Map = std::map<std::string, std::string>;
  EXPECT_EQ(from_annotation("CollectMode", "'inactive'"), (Map{{"CollectMode", "inactive"}}));
  EXPECT_EQ(from_annotation("TimeoutStopUSec", "uint64 5"), (Map{{"TimeoutStopUSec", "5"}}));
  EXPECT_EQ(from_annotation("TimeoutStopSec", "5"), (Map{{"TimeoutStopUSec", "5000000"}}));
  EXPECT_EQ(from_annotation("TimeoutStopSec", "1.5"), (Map{{"TimeoutStopUSec", "1500000"}}));
  EXPECT_EQ(from_annotation("After", "['a.service']"), (Map{{"After", "as"}}));
  EXPECT_EQ(from_annotation("SendSIGHUP", "true"), (Map{{"SendSIGHUP", "1"}}));
  spec::StringMap all = {
      {"a", "b"}, {"org.systemd.property.After", "x"}, {"org.systemd.propertyX", "y"}};
  EXPECT_EQ(systemd::property_annotations(all), (spec::StringMap{{"After", "x"}}));
}

TEST(Systemd, AnnotationsThatAreRefused) {
  // Other people's processes put into the container's unit; the unit put elsewhere.
  for (const char* name : {"PIDs", "Slice", "ControlGroup", "Delegate"})
    EXPECT_NE(from_annotation(name, "[uint32 1]")["error"], "") << name;
  for (const char* name : {"", "a", "A.b", "Kill Mode", "KillMode'"})
    EXPECT_NE(from_annotation(name, "'x'")["error"], "") << name;
  for (const char* seconds : {"-1", "'5'", "-0.5", "uint64 18446744073709551615", "1e30", "[5]"})
    EXPECT_NE(from_annotation("TimeoutStopSec", seconds)["error"], "") << seconds;
  EXPECT_NE(from_annotation("KillMode", "mixed")["error"].find(
                "annotation 'org.systemd.property.KillMode': expected"),
            std::string::npos);
}

TEST(Systemd, NotOnAMachineWithoutItOrWithV1) {
  Host host;
  host.layout = Layout::Hybrid;
  LocateOptions options;
  options.id = "web";
  options.manager = Manager::Systemd;
  Result<Location> location = locate(host, options);
  ASSERT_FALSE(location);
  EXPECT_EQ(location.error().code, Code::Unsupported);
  EXPECT_NE(location.error().what.find("systemd"), std::string::npos);
  EXPECT_FALSE(location.error().hint.empty());
}

}  // namespace
}  // namespace cgroup
