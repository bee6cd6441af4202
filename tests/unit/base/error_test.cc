#include "base/error.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace {

TEST(Error, SysTakesErrnoBeforeFormattingCanChangeIt) {
  errno = ENOENT;
  Error error = Error::sys("open '%s' %d", "/x", 7);
  errno = 0;
  EXPECT_EQ(error.errnum, ENOENT);
  EXPECT_EQ(error.code, Code::System);
  EXPECT_EQ(error.what, "open '/x' 7");
  EXPECT_EQ(error.text(), "open '/x' 7: No such file or directory");
}

TEST(Error, MsgHasNoErrnoAndIsOurOwnFaultUnlessSaidOtherwise) {
  errno = EPERM;
  Error error = Error::msg("impossible %s", "thing");
  EXPECT_EQ(error.errnum, 0);
  EXPECT_EQ(error.code, Code::Internal);
  EXPECT_EQ(error.text(), "impossible thing");
}

TEST(Error, MakeSetsTheCode) {
  Error error = Error::make(Code::ContainerNotFound, "container '%s' does not exist", "web");
  EXPECT_EQ(error.code, Code::ContainerNotFound);
  EXPECT_EQ(error.text(), "container 'web' does not exist");
}

TEST(Error, LongTextsAreNotCut) {
  std::string name(100000, 'x');
  EXPECT_EQ(Error::msg("'%s'", name.c_str()).what.size(), name.size() + 2);
}

TEST(Error, ContextIsAddedInFront) {
  errno = EACCES;
  Error error = Error::sys("mount 'tmpfs' on '/dev'").in("mounts[3]").in("create 'web'");
  EXPECT_EQ(error.text(), "create 'web': mounts[3]: mount 'tmpfs' on '/dev': Permission denied");
  EXPECT_EQ(error.errnum, EACCES);
}

TEST(Error, DecorationsKeepTheRest) {
  errno = EBUSY;
  Error error = Error::sys("rmdir").as(Code::CgroupFailed).with_hint("Wait.");
  EXPECT_EQ(error.errnum, EBUSY);
  EXPECT_EQ(error.code, Code::CgroupFailed);
  EXPECT_EQ(error.hint, "Wait.");
  EXPECT_EQ(error.text(), "rmdir: Device or resource busy");
}

TEST(Error, TheInnermostPhaseStays) {
  Error error = Error::msg("x").at("init").at("create");
  EXPECT_EQ(error.phase, "init");
}

TEST(CodeName, EveryCodeHasItsOwnStableName) {
  std::set<std::string> names;
  int count = 0;
  for (int i = 0; i <= static_cast<int>(Code::EventsGone); i++, count++) {
    std::string name = code_name(static_cast<Code>(i));
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string::npos) << name;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(count)) << "two codes share a name";
  // Part of the interface of log lines: these must never change.
  EXPECT_STREQ(code_name(Code::Internal), "internal");
  EXPECT_STREQ(code_name(Code::ContainerNotFound), "container-not-found");
  EXPECT_STREQ(code_name(Code::ContainerNotRunning), "container-not-running");
  EXPECT_STREQ(code_name(Code::ConfigInvalid), "config-invalid");
  EXPECT_STREQ(code_name(Code::ExecNotFound), "exec-not-found");
  EXPECT_STREQ(code_name(Code::Timeout), "timeout");
}

Result<int> half(int n) {
  if (n % 2 != 0) return Error::make(Code::Usage, "%d is odd", n);
  return n / 2;
}

Result<int> quarter(int n) {
  int once = TRY(half(n));
  return half(once);
}

Status only_even(int n) {
  TRY_IN("checking " + std::to_string(n), half(n));
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  Result<int> good = half(8);
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 4);
  Result<int> bad = half(7);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().what, "7 is odd");
}

TEST(Result, TryPassesTheErrorOnUnchanged) {
  EXPECT_EQ(*quarter(8), 2);
  Result<int> inner = quarter(6);
  ASSERT_FALSE(inner);
  EXPECT_EQ(inner.error().what, "3 is odd");
  EXPECT_EQ(inner.error().code, Code::Usage);
}

TEST(Result, TryInAddsContextAndKeepsTheCode) {
  EXPECT_TRUE(only_even(2));
  Status status = only_even(5);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().what, "checking 5: 5 is odd");
  EXPECT_EQ(status.error().code, Code::Usage);
}

Result<std::unique_ptr<int>> boxed(int n) {
  return std::make_unique<int>(n);
}

Result<int> unboxed(int n) {
  std::unique_ptr<int> box = TRY(boxed(n));
  return *box;
}

TEST(Result, MovesWhatCannotBeCopied) {
  EXPECT_EQ(*unboxed(3), 3);
}

TEST(Result, ArrowReachesTheValue) {
  Result<std::string> text = std::string("abc");
  EXPECT_EQ(text->size(), 3U);
  const Result<std::string>& same = text;
  EXPECT_EQ(same->size(), 3U);
  EXPECT_EQ(*same, "abc");
}

TEST(Status, IsSuccessUnlessGivenAnError) {
  EXPECT_TRUE(Status());
  EXPECT_FALSE(Status(Error::msg("no")));
}

}  // namespace
