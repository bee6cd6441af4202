// The monitor's control socket: one request a packet, one reply a packet (SOCK_SEQPACKET), in
// words.
//
//   start                 run the container's program
//   signal NAME           to the container's first process
//   stop [SIGNAL [MS]]    SIGNAL (TERM); after MS milliseconds (10000) KILL, to every process of the container. Replies with the
//                         exit record, once there is one. A container that was not started is killed at once.
//   wait                  the exit record, once there is one
//   attach [wait] [once]  the connection becomes the container's stdio, see below
//   resize COLUMNS ROWS   of the container's terminal
//   close-stdin           end of the container's input
//   exec NAME [terminal] [stdin] [attach [wait] [once]]
//                         a further program in the container, called NAME from here on. With the packet comes one descriptor: of a
//                         file with the process, as in config.json ("terminal" in it must agree). Replies, once it runs, with
//                         {"pid","terminal","input"}; with `attach` the connection then becomes its stdio. Without, what it
//                         prints while nobody is attached is dropped.
//   signal, wait, attach, resize and close-stdin with `exec NAME` as last words: the same for that program. KILL reaches its
//                         process group. Its record (protocol/exit_record.h) stays for `wait` for the next 64 that end.
//   execs                 [{"exec","state","pid","terminal","clients"}], of those that run
//   handles               {"handles":[NAME...]}, and with it as many descriptors, for the case that this monitor is killed: "init" is a
//                         pidfd, "out", "err" and "in" the container's output and input, of a terminal "out" and "in". They are what
//                         `rtmon --adopt` takes. On this connection "input-closed" says that "in" is to be closed.
//   rotate                move the log on: LOG -> LOG.1 ...
//   reopen                the log was moved away: write to a new one
//   status                {"id","state","pid","terminal","input","clients","log":{"bytes","lostBytes","lostLines"}}
//
// Replies: "ok", "ok JSON", or "error CODE TEXT". The socket is its owner's alone (mode 0600, in a
// directory of mode 0700).
//
// Attached (reply: ok {"terminal":BOOL,"input":BOOL}), each packet to the client begins with a byte
// that says what follows:
//
//   2  output, and 3 error output: the bytes, up to kMaxPacket of them
//   4  bytes that this client missed here, as a decimal number
//   5  the exit record; the last packet, after all output
//
// and each packet from the client is input, no longer than kMaxPacket. Shutting down its sending
// side (shutdown(2), SHUT_WR) ends the container's input, unless that is a terminal; closing the
// connection detaches and ends nothing, or with `once` does the same. What a client does not read
// is kept up to the size of a socket's buffer, then missed; with `wait` the container is held up
// instead, as a pipe would; such a client never waits in sending without reading, or both wait for
// each other. Any number may be attached; output from before attaching is in the log alone.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "supervisor/monitor/channel.h"
#include "supervisor/monitor/log_writer.h"
#include "supervisor/monitor/request.h"

namespace monitor {

class Control {
 public:
  static constexpr size_t kNone = SIZE_MAX;
  struct Client {
    Fd fd;
    // The replies it is still owed.
    bool awaits_start = false, awaits_exit = false;
    size_t awaits_exec = kNone, awaits_exec_end = kNone;  // of which channel
    bool holds_handles = false;
    bool attaches = false;  // once the exec it awaits runs
    // Attached: to which channel.
    size_t channel = kNone;
    bool waits = false;
    // What ends the process's input: shutting down the sending side, leaving in any way, or nothing
    // this client does.
    enum class EndsInput : unsigned char {
      Shutdown,
      Leaving,
      Never
    } ends_input = EndsInput::Shutdown;
    bool plain = false;  // as conmon has it: output alone, in small packets
    bool input_over = false;
    size_t passed_on = 0;  // of the packet that is next: bytes the process has taken
    uint64_t missed = 0;   // bytes of output it has yet to be told of
  };
  static constexpr size_t kClients = 64;
  static constexpr size_t kMaxPacket = 32 << 10;

  // Binds `name` in the directory; a socket left by a monitor that was killed is replaced. The
  // caller holds the directory's lock, so no other monitor serves it.
  Status listen(int dirfd, const char* name);
  int listener() const { return listener_.get(); }
  Client& client(size_t index) { return clients_[index]; }
  size_t attached(size_t channel) const;  // how many are

  void accept();  // one too many is told so and let go
  // The next packet of a client that is not attached; nothing when it is gone (and forgotten) or
  // had nothing to say.
  // `file`: a descriptor that came with it
  std::optional<Result<Request>> receive(size_t index, Fd* file);
  // A client that does not take its reply is let go: no client makes the monitor wait.
  void reply(size_t index, std::string_view text);
  void reply(size_t index, const Error& error);
  // to one that holds them from here on
  void reply_with(size_t index, std::string_view text, std::span<const int> fds);
  void tell_holders(std::string_view text);

  // --- those who deal with an exec, by its channel ---
  void await_exec(size_t index, size_t channel, const Request& request);
  void await_exec_end(size_t index, size_t channel) { clients_[index].awaits_exec_end = channel; }
  void exec_started(size_t channel, std::string_view reply);
  void exec_started(size_t channel, const Error& error);
  void exec_ended(size_t channel, std::string_view record);
  // its end will not be known: no record, end of the connections
  void exec_lost(size_t channel, const Error& error);

  // --- attached clients (attach.cc) ---
  // it misses nothing, and is told nothing but output
  void accept_plain(Fd fd, size_t channel, Client::EndsInput ends_input);
  void attach(size_t index, size_t channel, bool waits, bool once);
  // Whether a client that is to miss nothing has no room for more.
  bool holds(size_t channel) const;
  void output(size_t channel, Stream stream, std::string_view data);
  // The process has ended: what it left is sent without waiting for anyone, into larger buffers.
  void widen(size_t channel);
  void end(size_t channel, std::string_view record);  // lets them go
  // Passes on what an attached client sent, as poll() said (`events`). Sets channel->stalled if the
  // process takes no more.
  void input(size_t index, short events, Channel* channel);

 private:
  Client* free_place();
  bool send_packet(Client& client, char kind, std::string_view data);  // false: there was no room

  Fd listener_;
  std::array<Client, kClients> clients_;
};

}  // namespace monitor
