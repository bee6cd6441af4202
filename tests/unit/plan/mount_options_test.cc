#include "runtime/plan/mount_options.h"

#include <gtest/gtest.h>
#include <linux/mount.h>
#include <sys/mount.h>

#include <algorithm>

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

namespace plan {
namespace {

MountOptions parsed(const spec::Strings& options) {
  Result<MountOptions> result = parse_mount_options(options);
  EXPECT_TRUE(result) << result.error().text();
  return result ? *result : MountOptions{};
}

std::string failure(const spec::Strings& options) {
  Result<MountOptions> result = parse_mount_options(options);
  EXPECT_FALSE(result);
  if (result) return {};
  EXPECT_EQ(result.error().code, Code::ConfigInvalid);
  return result.error().what;
}

using Flag = bool MountOptions::*;

// What one option alone has to give. Written from config.md, mount(2) and mount_setattr(2), not
// from the code.
struct Expected {
  const char* name;
  uint64_t attr_set = 0, attr_clear = 0;
  unsigned long ms_set = 0, ms_clear = 0;
  uint64_t rec_set = 0, rec_clear = 0;
  const char* superblock = nullptr;
  unsigned long propagation = 0;
  Flag flag = nullptr;
  bool mount2_only = false;
};

constexpr unsigned long kMsAtime = MS_NOATIME | MS_RELATIME | MS_STRICTATIME;

Expected attribute(const char* name, uint64_t attr, unsigned long ms) {
  return {.name = name, .attr_set = attr, .ms_set = ms};
}
Expected no_attribute(const char* name, uint64_t attr, unsigned long ms) {
  return {.name = name, .attr_clear = attr, .ms_clear = ms};
}
Expected atime(const char* name, uint64_t attr, unsigned long ms) {
  return {.name = name,
          .attr_set = attr,
          .attr_clear = MOUNT_ATTR__ATIME,
          .ms_set = ms,
          .ms_clear = kMsAtime & ~ms};
}
Expected recursive(const char* name, uint64_t set, uint64_t clear) {
  return {.name = name, .rec_set = set, .rec_clear = clear};
}
Expected superblock(const char* name, unsigned long set, unsigned long clear) {
  return {.name = name, .ms_set = set, .ms_clear = clear, .superblock = name};
}
Expected propagation(const char* name, unsigned long ms) {
  return {.name = name, .propagation = ms};
}
Expected runtime(const char* name, Flag flag) {
  return {.name = name, .flag = flag};
}

// Every row of config.md's table, then what rt takes beyond it.
const Expected kTable[] = {
    superblock("async", 0, MS_SYNCHRONOUS),
    atime("atime", MOUNT_ATTR_RELATIME, MS_RELATIME),
    {.name = "bind", .ms_set = MS_BIND, .flag = &MountOptions::bind},
    {.name = "defaults"},
    no_attribute("dev", MOUNT_ATTR_NODEV, MS_NODEV),
    no_attribute("diratime", MOUNT_ATTR_NODIRATIME, MS_NODIRATIME),
    superblock("dirsync", MS_DIRSYNC, 0),
    no_attribute("exec", MOUNT_ATTR_NOEXEC, MS_NOEXEC),
    {.name = "iversion", .ms_set = MS_I_VERSION, .mount2_only = true},
    superblock("lazytime", MS_LAZYTIME, 0),
    {.name = "loud", .ms_clear = MS_SILENT},
    superblock("mand", MS_MANDLOCK, 0),
    atime("noatime", MOUNT_ATTR_NOATIME, MS_NOATIME),
    attribute("nodev", MOUNT_ATTR_NODEV, MS_NODEV),
    attribute("nodiratime", MOUNT_ATTR_NODIRATIME, MS_NODIRATIME),
    attribute("noexec", MOUNT_ATTR_NOEXEC, MS_NOEXEC),
    {.name = "noiversion", .ms_clear = MS_I_VERSION},
    superblock("nolazytime", 0, MS_LAZYTIME),
    superblock("nomand", 0, MS_MANDLOCK),
    {.name = "norelatime"},
    atime("nostrictatime", MOUNT_ATTR_RELATIME, MS_RELATIME),
    attribute("nosuid", MOUNT_ATTR_NOSUID, MS_NOSUID),
    attribute("nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW),
    propagation("private", MS_PRIVATE),
    recursive("ratime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
    {.name = "rbind", .ms_set = MS_BIND | MS_REC, .flag = &MountOptions::rbind},
    recursive("rdev", 0, MOUNT_ATTR_NODEV),
    recursive("rdiratime", 0, MOUNT_ATTR_NODIRATIME),
    atime("relatime", MOUNT_ATTR_RELATIME, MS_RELATIME),
    {.name = "remount", .ms_set = MS_REMOUNT, .flag = &MountOptions::remount},
    recursive("rexec", 0, MOUNT_ATTR_NOEXEC),
    recursive("rnoatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME),
    recursive("rnodiratime", MOUNT_ATTR_NODIRATIME, 0),
    recursive("rnoexec", MOUNT_ATTR_NOEXEC, 0),
    {.name = "rnorelatime"},
    recursive("rnostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
    recursive("rnosuid", MOUNT_ATTR_NOSUID, 0),
    recursive("rnosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0),
    attribute("ro", MOUNT_ATTR_RDONLY, MS_RDONLY),
    propagation("rprivate", MS_PRIVATE | MS_REC),
    recursive("rrelatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
    recursive("rro", MOUNT_ATTR_RDONLY, 0),
    recursive("rrw", 0, MOUNT_ATTR_RDONLY),
    propagation("rshared", MS_SHARED | MS_REC),
    propagation("rslave", MS_SLAVE | MS_REC),
    recursive("rstrictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME),
    recursive("rsuid", 0, MOUNT_ATTR_NOSUID),
    recursive("rsymfollow", 0, MOUNT_ATTR_NOSYMFOLLOW),
    propagation("runbindable", MS_UNBINDABLE | MS_REC),
    no_attribute("rw", MOUNT_ATTR_RDONLY, MS_RDONLY),
    propagation("shared", MS_SHARED),
    {.name = "silent", .ms_set = MS_SILENT, .mount2_only = true},
    propagation("slave", MS_SLAVE),
    atime("strictatime", MOUNT_ATTR_STRICTATIME, MS_STRICTATIME),
    no_attribute("suid", MOUNT_ATTR_NOSUID, MS_NOSUID),
    no_attribute("symfollow", MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW),
    superblock("sync", MS_SYNCHRONOUS, 0),
    runtime("tmpcopyup", &MountOptions::tmpcopyup),
    propagation("unbindable", MS_UNBINDABLE),
    runtime("idmap", &MountOptions::idmap),
    runtime("ridmap", &MountOptions::ridmap),
    // Beyond the table (which has "rdev" without its opposite).
    recursive("rnodev", MOUNT_ATTR_NODEV, 0),
    runtime("copy-symlink", &MountOptions::copy_symlink),
    runtime("src-nofollow", &MountOptions::src_nofollow),
    runtime("dest-nofollow", &MountOptions::dest_nofollow),
    {.name = "acl", .ms_set = MS_POSIXACL, .mount2_only = true},
    {.name = "noacl", .ms_clear = MS_POSIXACL},
    {.name = "auto"},
    {.name = "noauto"},
    {.name = "nouser"},
    {.name = "noowner"},
    {.name = "nogroup"},
    {.name = "_netdev"},
};

TEST(MountOptions, EveryOptionGivesWhatTheManPagesSay) {
  for (const Expected& expected : kTable) {
    SCOPED_TRACE(expected.name);
    MountOptions got = parsed({expected.name});
    EXPECT_EQ(got.attr_set, expected.attr_set);
    EXPECT_EQ(got.attr_clear, expected.attr_clear);
    EXPECT_EQ(got.rec_attr_set, expected.rec_set);
    EXPECT_EQ(got.rec_attr_clear, expected.rec_clear);
    EXPECT_EQ(got.legacy_flags, expected.ms_set);
    EXPECT_EQ(got.legacy_clear, expected.ms_clear);
    EXPECT_EQ(got.mount2_only, expected.mount2_only);
    EXPECT_TRUE(got.data.empty());
    EXPECT_EQ(got.legacy_data, "");
    std::vector<unsigned long> flags;
    if (expected.propagation != 0) flags.push_back(expected.propagation);
    EXPECT_EQ(got.propagation, flags);
    std::vector<FsParameter> parameters;
    if (expected.superblock) parameters.push_back({expected.superblock, std::nullopt});
    EXPECT_EQ(got.superblock, parameters);
    for (Flag flag :
         {&MountOptions::bind, &MountOptions::rbind, &MountOptions::remount,
          &MountOptions::tmpcopyup, &MountOptions::idmap, &MountOptions::ridmap,
          &MountOptions::copy_symlink, &MountOptions::src_nofollow, &MountOptions::dest_nofollow}) {
      bool implied = (expected.flag == &MountOptions::rbind && flag == &MountOptions::bind) ||
                     (expected.flag == &MountOptions::ridmap && flag == &MountOptions::idmap);
      EXPECT_EQ(got.*flag, flag == expected.flag || implied);
    }
  }
}

TEST(MountOptions, TheListForFeaturesIsSortedAndIsTheTable) {
  std::vector<std::string_view> names;
  for (const Expected& expected : kTable) names.push_back(expected.name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(known_mount_options(), names);
}

TEST(MountOptions, NothingGivesNothing) {
  MountOptions got = parsed({});
  EXPECT_EQ(got.attr_set | got.attr_clear | got.rec_attr_set | got.rec_attr_clear, 0U);
  EXPECT_EQ(got.legacy_flags | got.legacy_clear, 0U);
  EXPECT_FALSE(got.superblock_read_only.has_value());
  EXPECT_TRUE(fs_parameters(got, "ext4").empty());
}

TEST(MountOptions, TheLastOfAPairWins) {
  MountOptions off = parsed({"nosuid", "ro", "noexec", "suid", "rw", "rro", "rrw"});
  EXPECT_EQ(off.attr_set, uint64_t{MOUNT_ATTR_NOEXEC});
  EXPECT_EQ(off.attr_clear, uint64_t{MOUNT_ATTR_NOSUID | MOUNT_ATTR_RDONLY});
  EXPECT_EQ(off.legacy_flags, static_cast<unsigned long>(MS_NOEXEC));
  EXPECT_EQ(off.legacy_clear, static_cast<unsigned long>(MS_NOSUID | MS_RDONLY));
  EXPECT_EQ(off.rec_attr_set, 0U);
  EXPECT_EQ(off.rec_attr_clear, uint64_t{MOUNT_ATTR_RDONLY});
  EXPECT_EQ(off.superblock_read_only, false);

  MountOptions on = parsed({"rw", "suid", "ro", "nosuid"});
  EXPECT_EQ(on.attr_set, uint64_t{MOUNT_ATTR_NOSUID | MOUNT_ATTR_RDONLY});
  EXPECT_EQ(on.attr_clear, 0U);
  EXPECT_EQ(on.superblock_read_only, true);

  MountOptions super = parsed({"sync", "lazytime", "async", "silent", "loud"});
  EXPECT_EQ(super.superblock,
            (std::vector<FsParameter>{{"lazytime", std::nullopt}, {"async", std::nullopt}}));
  EXPECT_EQ(super.legacy_flags, static_cast<unsigned long>(MS_LAZYTIME));
  EXPECT_FALSE(super.mount2_only);
}

TEST(MountOptions, AccessTimeIsOneFieldWithThreeValues) {
  struct Case {
    spec::Strings options;
    std::optional<uint64_t> value;
  };
  const Case cases[] = {
      {{"noatime", "relatime"}, MOUNT_ATTR_RELATIME},
      {{"relatime", "noatime"}, MOUNT_ATTR_NOATIME},
      {{"noatime", "strictatime"}, MOUNT_ATTR_STRICTATIME},
      {{"strictatime", "noatime"}, MOUNT_ATTR_NOATIME},
      {{"noatime", "atime"}, MOUNT_ATTR_RELATIME},
      {{"strictatime", "atime"}, MOUNT_ATTR_STRICTATIME},  // not noatime already
      {{"strictatime", "nostrictatime"}, MOUNT_ATTR_RELATIME},
      {{"noatime", "nostrictatime"}, MOUNT_ATTR_NOATIME},
      {{"noatime", "norelatime"}, MOUNT_ATTR_NOATIME},
      {{"relatime", "norelatime"}, MOUNT_ATTR_RELATIME},  // the kernel's default is relatime
      {{"norelatime", "noatime"}, MOUNT_ATTR_NOATIME},
      {{"norelatime"}, std::nullopt},
      {{"nodiratime"}, std::nullopt},
  };
  for (const Case& c : cases) {
    std::string name = c.options.front() + "," + c.options.back();
    MountOptions got = parsed(c.options);
    EXPECT_EQ(got.attr_set & MOUNT_ATTR__ATIME, c.value.value_or(0)) << name;
    // mount_setattr(2) refuses a part of the field.
    EXPECT_EQ(got.attr_clear & MOUNT_ATTR__ATIME, c.value ? uint64_t{MOUNT_ATTR__ATIME} : 0U)
        << name;
    EXPECT_EQ((got.legacy_flags | got.legacy_clear) & kMsAtime, c.value ? kMsAtime : 0U) << name;
    EXPECT_EQ(got.legacy_flags & got.legacy_clear, 0U) << name;

    spec::Strings recursive_options;
    for (const std::string& option : c.options) recursive_options.push_back("r" + option);
    MountOptions rec = parsed(recursive_options);
    EXPECT_EQ(rec.rec_attr_set, got.attr_set) << name;
    EXPECT_EQ(rec.rec_attr_clear, got.attr_clear) << name;
    EXPECT_EQ(rec.attr_set | rec.attr_clear | rec.legacy_flags, 0U) << name;
  }
}

TEST(MountOptions, PropagationKeepsItsOrder) {
  MountOptions got = parsed({"rslave", "rbind", "shared", "ro"});
  EXPECT_EQ(got.propagation, (std::vector<unsigned long>{MS_SLAVE | MS_REC, MS_SHARED}));
  EXPECT_EQ(got.legacy_flags, static_cast<unsigned long>(MS_BIND | MS_REC | MS_RDONLY));
}

TEST(MountOptions, UnknownOptionsAreTheFileSystems) {
  MountOptions got = parsed({"mode=755", "nosuid", "size=65536k", "newinstance", "empty="});
  EXPECT_EQ(
      got.data,
      (std::vector<FsParameter>{
          {"mode", "755"}, {"size", "65536k"}, {"newinstance", std::nullopt}, {"empty", ""}}));
  EXPECT_EQ(got.legacy_data, "mode=755,size=65536k,newinstance,empty=");
  EXPECT_EQ(got.attr_set, uint64_t{MOUNT_ATTR_NOSUID});
  EXPECT_FALSE(got.mount2_only);
}

TEST(MountOptions, AnElementWithCommasIsAList) {
  MountOptions got = parsed({"ro,,mode=700,noexec", ""});
  EXPECT_EQ(got.attr_set, uint64_t{MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC});
  EXPECT_EQ(got.data, (std::vector<FsParameter>{{"mode", "700"}}));
}

TEST(MountOptions, CommasInQuotesAndAfterBackslashesStay) {
  MountOptions got =
      parsed({R"(context="system_u:object_r:tmp_t:s0:c1,c2",ro)", R"(upperdir=/a\,b,workdir=/w)"});
  EXPECT_EQ(got.data, (std::vector<FsParameter>{{"context", "system_u:object_r:tmp_t:s0:c1,c2"},
                                                {"upperdir", R"(/a\,b)"},
                                                {"workdir", "/w"}}));
  EXPECT_EQ(got.legacy_data,
            R"(context="system_u:object_r:tmp_t:s0:c1,c2",upperdir=/a\,b,workdir=/w)");
  EXPECT_EQ(got.attr_set, uint64_t{MOUNT_ATTR_RDONLY});
}

TEST(MountOptions, CommentsOfMount8AreDropped) {
  MountOptions got = parsed({"x-systemd.automount", "X-mount.mkdir=700", "comment=hello"});
  EXPECT_TRUE(got.data.empty());
}

TEST(MountOptions, ValuesTooLongForFsconfigNeedMount2) {
  EXPECT_FALSE(parsed({"lowerdir=" + std::string(255, 'a')}).mount2_only);
  EXPECT_TRUE(parsed({"lowerdir=" + std::string(256, 'a')}).mount2_only);
}

TEST(MountOptions, OnARemountTakingIversionAwayNeedsMount2) {
  EXPECT_FALSE(parsed({"noiversion"}).mount2_only);
  EXPECT_TRUE(parsed({"remount", "noiversion"}).mount2_only);
  EXPECT_FALSE(parsed({"remount", "loud"}).mount2_only);
}

TEST(MountOptions, BindMountsTakeSuperblockOptionsWithoutMount2) {
  MountOptions got = parsed({"rbind", "silent", "iversion", "sync", "lazytime"});
  EXPECT_FALSE(got.mount2_only);
  EXPECT_TRUE(got.rbind);
}

TEST(MountOptions, BindMountsRefuseFileSystemOptions) {
  EXPECT_EQ(failure({"rbind", "mode=755"}),
            "bind mounts cannot have any filesystem-specific options applied: 'mode'");
  Result<MountOptions> misspelt = parse_mount_options({"bind", "rprivat"});
  ASSERT_FALSE(misspelt);
  EXPECT_EQ(misspelt.error().hint, "option 'rprivat' is not known to rt; did you mean 'rprivate'?");
}

TEST(MountOptions, NonsenseIsRefused) {
  EXPECT_EQ(failure({std::string("ro\0x", 4)}), "mount option 'ro' contains a NUL byte");
  EXPECT_EQ(failure({"=755"}), "mount option '=755' has no name before '='");
  std::string half(2500, 'a');
  EXPECT_EQ(parse_mount_options({"a=" + half}) ? "" : "refused", std::string());
  spec::Strings big(70, "a=" + half);
  EXPECT_NE(failure(big).find("too long"), std::string::npos);
}

TEST(MountOptions, ReadOnlyReachesTheSuperblockOnlyWhereItMust) {
  MountOptions got = parsed({"ro", "sync", "x=1"});
  EXPECT_EQ(fs_parameters(got, "ext4"),
            (std::vector<FsParameter>{{"sync", std::nullopt}, {"ro", std::nullopt}, {"x", "1"}}));
  for (const char* type : {"sysfs", "cgroup", "cgroup2", "mqueue", "proc", "tmpfs"}) {
    EXPECT_EQ(fs_parameters(got, type),
              (std::vector<FsParameter>{{"sync", std::nullopt}, {"x", "1"}}))
        << type;
  }
  EXPECT_EQ(fs_parameters(parsed({"remount", "ro", "rw"}), "ext4"),
            (std::vector<FsParameter>{{"rw", std::nullopt}}));
}

TEST(MountOptions, HintsOnlyOnOptionsWithoutAValue) {
  EXPECT_EQ(misspelt_option_hint(parsed({"nosiud"})),
            "option 'nosiud' is not known to rt; did you mean 'nosuid'?");
  EXPECT_EQ(misspelt_option_hint(parsed({"uid=7", "size=1m"})), "");
}

}  // namespace
}  // namespace plan
