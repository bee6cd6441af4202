#include "supervisor/daemon/process.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>

#include "base/fd.h"
#include "base/io.h"
#include "base/spawn.h"

namespace rtd {

namespace {

constexpr size_t kMaxOutput = size_t{1} << 20;

rlimit& inherited_limit() {
  static rlimit limit{};
  return limit;
}

// While something is spawned, the soft limit is what rtd was started with: a child takes over the
// limit of that moment.
struct LimitForChild {
  rlimit own{};
  bool lowered = false;
  LimitForChild() {
    if (inherited_limit().rlim_cur == 0 || getrlimit(RLIMIT_NOFILE, &own) < 0) return;
    lowered = setrlimit(RLIMIT_NOFILE, &inherited_limit()) == 0;
  }
  LimitForChild(const LimitForChild&) = delete;
  LimitForChild& operator=(const LimitForChild&) = delete;
  ~LimitForChild() {
    if (lowered) (void)setrlimit(RLIMIT_NOFILE, &own);  // to what it was, which cannot be refused
  }
};

struct Pipe {
  Fd read_end, write_end;
};
Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return Error::sys("pipe");
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) return Error::sys("pipe: fcntl");
  return pipe;
}

Result<Fd> input_of(const std::string& text) {
  if (text.empty()) return open_at(AT_FDCWD, "/dev/null", O_RDONLY);
  Fd fd(memfd_create("rtd-input", MFD_CLOEXEC));
  if (!fd) return Error::sys("memfd_create");
  TRY(write_all(fd.get(), text, "memfd"));
  if (lseek(fd.get(), 0, SEEK_SET) < 0) return Error::sys("lseek");
  return fd;
}

// One program under way; shared by the callbacks that wait for it.
struct Running {
  Loop* loop;
  pid_t pid = 0;
  Fd out, err;
  Outcome outcome;
  Loop::TimerId deadline = 0;
  std::function<void(Outcome)> done;

  void drain(Fd* fd, std::string* into) {
    char buffer[16 << 10];
    while (*fd) {
      ssize_t n = read(fd->get(), buffer, sizeof buffer);
      if (n > 0 && into->size() < kMaxOutput) into->append(buffer, static_cast<size_t>(n));
      if (n > 0) continue;
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
      loop->forget(fd->get());
      fd->reset();
    }
  }
  void end(Exit exit) {
    loop->cancel(deadline);
    for (auto [fd, text] : {std::pair{&out, &outcome.out}, std::pair{&err, &outcome.err}}) {
      drain(fd, text);
      if (*fd) loop->forget(fd->get());
      fd->reset();
    }
    outcome.exit = exit;
    done(std::move(outcome));
  }
};

}  // namespace

Status run_program(Loop* loop, const std::vector<std::string>& args, const std::string& input,
                   int64_t deadline_ms, std::function<void(Outcome)> done) {
  Fd in = TRY(input_of(input));
  Pipe out = TRY(make_pipe()), err = TRY(make_pipe());
  auto running = std::make_shared<Running>();
  running->loop = loop;
  {
    LimitForChild limit;
    Result<pid_t> pid = spawn_program(args, {in.get(), out.write_end.get(), err.write_end.get()});
    if (!pid) {
      Error error = std::move(pid).error().as(Code::RuntimeFailed);
      error.what = "run " + error.what;
      return error;
    }
    running->pid = *pid;
  }
  running->out = std::move(out.read_end);
  running->err = std::move(err.read_end);
  running->done = std::move(done);
  loop->watch(running->out.get(), EPOLLIN,
              [running](uint32_t) { running->drain(&running->out, &running->outcome.out); });
  loop->watch(running->err.get(), EPOLLIN,
              [running](uint32_t) { running->drain(&running->err, &running->outcome.err); });
  running->deadline = loop->after(deadline_ms, [running] {
    running->outcome.timed_out = true;
    (void)kill(-running->pid, SIGKILL);  // not reaped yet, so the number is still its own
  });
  loop->on_exit(running->pid, [running](Exit exit) { running->end(exit); });
  return {};
}

void raise_descriptor_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max) return;
  inherited_limit() = limit;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);  // without, there is room for fewer containers
}

}  // namespace rtd
