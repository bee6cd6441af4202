#include "base/io.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "tests/unit/base/temp_dir.h"

namespace {

using Io = TempDir;

mode_t mode_of(int dir, const char* name) {
  struct stat info = {};
  EXPECT_EQ(fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW), 0);
  return info.st_mode & 07777;
}

TEST_F(Io, OpenAtIsCloseOnExec) {
  Result<Fd> fd = open_at(dir(), "new", O_WRONLY | O_CREAT, 0600);
  ASSERT_TRUE(fd);
  EXPECT_EQ(fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_EQ(mode_of(dir(), "new"), 0600U);
}

TEST_F(Io, OpenAtNamesTheCallAndThePath) {
  Result<Fd> fd = open_at(dir(), "missing", O_RDONLY);
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().errnum, ENOENT);
  EXPECT_EQ(fd.error().text(), "open 'missing': No such file or directory");
}

TEST_F(Io, ReadFileGivesAllOfIt) {
  for (size_t size : {0UL, 1UL, 4095UL, 4096UL, 4097UL, 300000UL}) {
    std::string content(size, 'z');
    put("file", content);
    EXPECT_EQ(get("file"), content) << size;
  }
  std::string binary("a\0b\n\xff", 5);
  put("file", binary);
  EXPECT_EQ(get("file"), binary);
}

TEST_F(Io, ReadFileReadsWhatHasNoSize) {
  Result<std::string> status = read_file(AT_FDCWD, "/proc/self/status");
  ASSERT_TRUE(status);
  EXPECT_NE(status->find("Pid:"), std::string::npos);
  EXPECT_EQ(status->back(), '\n');
}

TEST_F(Io, ReadFileStopsAtTheLimit) {
  put("file", std::string(100, 'a'));
  EXPECT_EQ(read_file(dir(), "file", 100)->size(), 100U);
  Result<std::string> more = read_file(dir(), "file", 99);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().what, "read 'file': larger than the 99 bytes allowed");
  // Without a size to look at beforehand:
  Result<std::string> endless = read_file(AT_FDCWD, "/dev/zero", 100000);
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().what, "read '/dev/zero': larger than the 100000 bytes allowed");
}

TEST_F(Io, ReadFileOfADirectoryFails) {
  Result<std::string> content = read_file(AT_FDCWD, path().c_str());
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().errnum, EISDIR);
}

TEST_F(Io, ReadFdWaitsForTheEndOfAPipe) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  Fd reader(ends[0]);
  std::string sent(200000, 'p');
  std::thread writer([&] {
    Fd end(ends[1]);
    EXPECT_TRUE(write_all(end.get(), sent, "pipe"));
  });
  Result<std::string> received = read_fd(reader.get(), "pipe");
  writer.join();
  ASSERT_TRUE(received);
  EXPECT_EQ(*received, sent);
}

void ignore_signal(int) {}

TEST_F(Io, WriteAllGoesOnAfterASignal) {
  // A handler without SA_RESTART, so that write() ends with EINTR or short.
  struct sigaction action = {};
  struct sigaction before = {};
  action.sa_handler = ignore_signal;
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  Fd reader(ends[0]);
  std::string sent(1 << 20, 's');
  pthread_t target = pthread_self();
  std::string received;
  std::thread other([&] {
    for (int i = 0; i < 20; i++) {
      pthread_kill(target, SIGUSR1);
      usleep(1000);
    }
    Result<std::string> all = read_fd(reader.get(), "socket");
    EXPECT_TRUE(all);
    if (all) received = *std::move(all);
  });
  {
    Fd end(ends[1]);
    EXPECT_TRUE(write_all(end.get(), sent, "socket"));
  }
  other.join();
  sigaction(SIGUSR1, &before, nullptr);
  EXPECT_EQ(received, sent);
}

TEST_F(Io, WriteAllSaysWhatItWroteTo) {
  Result<Fd> full = open_at(AT_FDCWD, "/dev/full", O_WRONLY);
  ASSERT_TRUE(full);
  Status status = write_all(full->get(), "x", "the log");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().text(), "write 'the log': No space left on device");
  EXPECT_TRUE(write_all(full->get(), "", "nothing to write"));
}

TEST_F(Io, WriteKernelFileNeitherCreatesNorTruncates) {
  EXPECT_FALSE(write_kernel_file(dir(), "missing", "1"));
  EXPECT_TRUE(names().empty());
  put("file", "12345");
  EXPECT_TRUE(write_kernel_file(dir(), "file", "ab"));
  EXPECT_EQ(get("file"), "ab345");
}

TEST_F(Io, WriteKernelFileNamesTheValueAndTheFile) {
  Status status = write_kernel_file(AT_FDCWD, "/dev/full", "max");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().text(), "write 'max' to '/dev/full': No space left on device");
  EXPECT_EQ(status.error().errnum, ENOSPC);
}

TEST_F(Io, AtomicWriteReplacesAndLeavesNothingElse) {
  ASSERT_TRUE(write_file_atomic(dir(), "pid", "17", 0644));
  EXPECT_EQ(get("pid"), "17");
  ASSERT_TRUE(write_file_atomic(dir(), "pid", "4", 0600));
  EXPECT_EQ(get("pid"), "4");
  EXPECT_EQ(mode_of(dir(), "pid"), 0600U);
  EXPECT_EQ(names(), (std::set<std::string>{"pid"}));
}

TEST_F(Io, AtomicWriteIgnoresTheUmask) {
  mode_t before = umask(0077);
  Status status = write_file_atomic(dir(), "pid", "1", 0644);
  umask(before);
  ASSERT_TRUE(status);
  EXPECT_EQ(mode_of(dir(), "pid"), 0644U);
}

TEST_F(Io, AtomicWriteTakesPathsWithDirectories) {
  ASSERT_TRUE(write_file_atomic(AT_FDCWD, at("pid").c_str(), "1", 0644));
  EXPECT_EQ(get("pid"), "1");
  EXPECT_EQ(names(), (std::set<std::string>{"pid"}));
  EXPECT_FALSE(write_file_atomic(AT_FDCWD, at("none/pid").c_str(), "1", 0644));
}

TEST_F(Io, AtomicWriteReplacesALinkInsteadOfFollowingIt) {
  put("victim", "keep");
  ASSERT_EQ(symlinkat("victim", dir(), "pid"), 0);
  ASSERT_TRUE(write_file_atomic(dir(), "pid", "1", 0644));
  EXPECT_EQ(get("victim"), "keep");
  EXPECT_EQ(get("pid"), "1");
}

// Whoever may write to the directory could have put something where the temporary file goes.
TEST_F(Io, AtomicWriteNeverWritesThroughAPlantedTemporary) {
  put("victim", "keep");
  std::string temporary = ".pid." + std::to_string(getpid());
  ASSERT_EQ(linkat(dir(), "victim", dir(), temporary.c_str(), 0), 0);
  ASSERT_TRUE(write_file_atomic(dir(), "pid", "1", 0644));
  EXPECT_EQ(get("victim"), "keep");
  ASSERT_EQ(symlinkat("victim", dir(), temporary.c_str()), 0);
  ASSERT_TRUE(write_file_atomic(dir(), "pid", "2", 0644));
  EXPECT_EQ(get("victim"), "keep");
  EXPECT_EQ(get("pid"), "2");
  EXPECT_EQ(names(), (std::set<std::string>{"pid", "victim"}));
}

TEST_F(Io, AtomicWriteThatFailsRemovesItsTemporary) {
  ASSERT_EQ(mkdirat(dir(), "pid", 0700), 0);  // rename of a file over a directory fails
  Status status = write_file_atomic(dir(), "pid", "1", 0644);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().errnum, EISDIR);
  EXPECT_EQ(names(), (std::set<std::string>{"pid"}));
}

TEST_F(Io, SyncedWriteDoesTheSameWithAnyPath) {
  put("pid", "old");
  ASSERT_TRUE(write_file_atomic(dir(), "pid", "new", 0600, Durable::Synced));
  EXPECT_EQ(get("pid"), "new");
  ASSERT_TRUE(write_file_atomic(AT_FDCWD, at("pid").c_str(), "newer", 0600, Durable::Synced));
  EXPECT_EQ(get("pid"), "newer");
  EXPECT_EQ(mode_of(dir(), "pid"), 0600U);
  EXPECT_EQ(names(), (std::set<std::string>{"pid"}));
}

TEST_F(Io, SyncedWriteToWhatCannotBeSyncedIsAnError) {
  Status status = write_file_atomic(AT_FDCWD, "/proc/self/none", "1", 0600, Durable::Synced);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().errnum, ENOENT);
}

}  // namespace
