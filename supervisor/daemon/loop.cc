#include "supervisor/daemon/loop.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "base/clock.h"
#include "base/log.h"

namespace rtd {

Exit exit_from(const siginfo_t& info) {
  Exit exit;
  if (info.si_code == CLD_EXITED) {
    exit.status = info.si_status;
  } else {
    exit.signal = info.si_status;
    exit.core_dumped = info.si_code == CLD_DUMPED;
  }
  return exit;
}

Status Loop::open() {
  epoll_.reset(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return Error::sys("epoll_create1");
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  (void)::signal(SIGPIPE, SIG_IGN);
  signals_.reset(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) return Error::sys("signalfd");
  watch(signals_.get(), EPOLLIN, [this](uint32_t) { read_signals(); });
  return {};
}

void Loop::watch(int fd, uint32_t events, Ready ready) {
  auto watch = std::make_shared<Watch>(Watch{++generation_, std::move(ready)});
  epoll_event event{};
  event.events = events;
  event.data.u64 = uint64_t{watch->generation} << 32 | static_cast<uint32_t>(fd);
  // A descriptor that is watched twice or cannot be polled is a mistake of the caller's.
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0) abort();
  watches_[fd] = std::move(watch);
}

void Loop::change(int fd, uint32_t events) {
  auto found = watches_.find(fd);
  if (found == watches_.end()) return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = uint64_t{found->second->generation} << 32 | static_cast<uint32_t>(fd);
  // it is being watched, so this cannot fail
  (void)epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Loop::forget(int fd) {
  if (watches_.erase(fd) > 0) (void)epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

Loop::TimerId Loop::after(int64_t ms, std::function<void()> call) {
  int64_t deadline = monotonic_ms() + std::max<int64_t>(ms, 0);
  TimerId id = ++last_timer_;
  timers_.emplace(std::pair{deadline, id}, std::move(call));
  deadlines_.emplace(id, deadline);
  return id;
}

void Loop::cancel(TimerId id) {
  auto found = deadlines_.find(id);
  if (found == deadlines_.end()) return;
  timers_.erase({found->second, id});
  deadlines_.erase(found);
}

int Loop::timeout() const {
  if (timers_.empty()) return -1;
  return static_cast<int>(
      std::clamp<int64_t>(timers_.begin()->first.first - monotonic_ms(), 0, 60000));
}

void Loop::run_timers() {
  int64_t now = monotonic_ms();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    auto node = timers_.extract(timers_.begin());
    deadlines_.erase(node.key().second);
    node.mapped()();
  }
}

void Loop::run() {
  while (!stopped_) {
    epoll_event events[64];
    int count = epoll_wait(epoll_.get(), events, static_cast<int>(std::size(events)), timeout());
    for (int i = 0; i < count; i++) {
      auto found = watches_.find(static_cast<int>(events[i].data.u64 & 0xffffffff));
      if (found == watches_.end() || found->second->generation != events[i].data.u64 >> 32)
        continue;
      std::shared_ptr<Watch> keep = found->second;  // it may forget itself
      keep->ready(events[i].events);
    }
    run_timers();
  }
}

void Loop::read_signals() {
  signalfd_siginfo info;
  while (read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    int signal = static_cast<int>(info.ssi_signo);
    if (signal != SIGCHLD && on_signal_) on_signal_(signal);
  }
  reap();
}

void Loop::reap() {
  for (;;) {
    siginfo_t info;
    info.si_pid = 0;
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0) return;
    Exit exit = exit_from(info);
    auto node = children_.extract(info.si_pid);
    if (node) {
      node.mapped()(exit);
    } else if (other_exit_) {
      other_exit_(info.si_pid, exit);
    }
  }
}

}  // namespace rtd
