// The D-Bus client against a peer of our making, which lies, dawdles and talks out of turn.

#include "runtime/cgroup/dbus.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "base/clock.h"

namespace dbus {
namespace {

// The peer's end of a connection.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }
  std::string line() {
    size_t end;
    while ((end = input_.find("\r\n")) == std::string::npos) {
      if (!more()) return "";
    }
    std::string line = input_.substr(0, end);
    input_.erase(0, end + 2);
    return line;
  }
  Message message() {
    while (input_.size() < kFixedHeader && more()) continue;
    Result<size_t> size = message_size(input_);
    if (!size) return {};
    while (input_.size() < *size && more()) continue;
    Result<Message> message = decode(input_.substr(0, *size));
    input_.erase(0, *size);
    return message ? *message : Message();
  }
  void welcome() {
    (void)line();
    say("DATA\r\n");
    (void)line();
    say("OK 1234\r\n");
    (void)line();
  }
  void answer(const Message& call, const std::string& text, const std::string& sender = "") {
    Message reply;
    reply.type = Type::Return;
    reply.serial = 1;
    reply.reply_serial = call.serial;
    reply.sender = sender;
    reply.signature = "s";
    Writer body;
    body.text(text);
    reply.body = body.bytes();
    say(encode(reply));
  }
  void signal(const std::string& sender, const std::string& member, const std::string& text) {
    Message signal;
    signal.type = Type::Signal;
    signal.serial = 1;
    signal.sender = sender;
    signal.path = "/a";
    signal.member = member;
    signal.signature = "s";
    Writer body;
    body.text(text);
    signal.body = body.bytes();
    say(encode(signal));
  }
  bool open() const {
    pollfd hangup = {fd_, 0, 0};
    return ::poll(&hangup, 1, 0) == 0;
  }

 private:
  bool more() {
    char buffer[4096];
    ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    input_.append(buffer, static_cast<size_t>(n));
    return true;
  }
  int fd_;
  std::string input_;
};

constexpr int64_t kShortMs = 300;

// Runs `peer` on one end while `ours` has the other, which is closed when it returns.
void with_peer(const std::function<void(Peer&)>& peer, const std::function<void(Fd)>& ours) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  Fd theirs(pair[1]);
  std::thread thread([&] {
    Peer end(theirs.get());
    peer(end);
    (void)::shutdown(theirs.get(), SHUT_WR);
  });
  ours(Fd(pair[0]));
  thread.join();
}

std::string text_of(const Result<Message>& message) {
  if (!message) return "error: " + message.error().text();
  Result<std::string> text = Reader(message->body, message->big_endian).text();
  return text ? *text : "no text";
}

Message call_of(const char* member) {
  Message call;
  call.path = "/a";
  call.member = member;
  return call;
}

TEST(DbusConnection, AsksAndIsAnswered) {
  with_peer(
      [](Peer& peer) {
        peer.welcome();
        Message hello = peer.message();
        EXPECT_EQ(hello.member, "Hello");
        peer.answer(hello, ":1.7");
        Message call = peer.message();
        EXPECT_EQ(call.member, "Do");
        peer.answer(call, "done");
      },
      [](Fd socket) {
        Result<Connection> connection = Connection::over(std::move(socket), false);
        ASSERT_TRUE(connection) << connection.error().text();
        EXPECT_EQ(text_of(connection->call(call_of("Do"))), "done");
      });
}

TEST(DbusConnection, WhatComesBeforeTheReplyIsKept) {
  with_peer(
      [](Peer& peer) {
        peer.welcome();
        Message call = peer.message();
        Message other = call;
        other.serial += 7;
        peer.signal("", "Gone", "early");
        peer.answer(other, "a reply to something else");
        peer.answer(call, "done");
      },
      [](Fd socket) {
        Result<Connection> connection = Connection::over(std::move(socket), true);
        ASSERT_TRUE(connection) << connection.error().text();
        EXPECT_EQ(text_of(connection->call(call_of("Do"))), "done");
        EXPECT_EQ(text_of(connection->wait_signal("", "Gone")), "early");
      });
}

// On a system bus every user may send us a signal that says what systemd's would.
TEST(DbusConnection, ASignalOfSomebodyElseIsNotBelieved) {
  with_peer(
      [](Peer& peer) {
        peer.welcome();
        peer.answer(peer.message(), ":1.7");
        Message call = peer.message();
        peer.signal(":1.666", "Gone", "forged");
        peer.answer(call, "done", ":1.2");
        peer.signal(":1.666", "Gone", "forged");
        peer.signal(":1.2", "Other", "");
        peer.signal(":1.2", "Gone", "true");
      },
      [](Fd socket) {
        Result<Connection> connection = Connection::over(std::move(socket), false);
        ASSERT_TRUE(connection) << connection.error().text();
        Result<Message> reply = connection->call(call_of("Do"));
        ASSERT_TRUE(reply);
        EXPECT_EQ(text_of(connection->wait_signal(reply->sender, "Gone")), "true");
      });
}

TEST(DbusConnection, AFloodDoesNotPutTheDeadlineOff) {
  with_peer(
      [](Peer& peer) {
        peer.welcome();
        peer.answer(peer.message(), "done");
        while (peer.open()) peer.signal("", "Other", "");
      },
      [](Fd socket) {
        Result<Connection> connection = Connection::over(std::move(socket), true, kShortMs);
        ASSERT_TRUE(connection) << connection.error().text();
        EXPECT_EQ(text_of(connection->call(call_of("Do"))), "done");
        int64_t start = monotonic_ms();
        Result<Message> signal = connection->wait_signal("", "Gone");
        ASSERT_FALSE(signal);
        EXPECT_EQ(signal.error().code, Code::Timeout);
        EXPECT_LT(monotonic_ms() - start, 20 * kShortMs);
      });
}

TEST(DbusConnection, APeerThatDoesNotReadIsATimeout) {
  with_peer(
      [](Peer& peer) {
        peer.welcome();
        while (peer.open()) ::usleep(1000);
      },
      [](Fd socket) {
        Result<Connection> connection = Connection::over(std::move(socket), true, kShortMs);
        ASSERT_TRUE(connection) << connection.error().text();
        Message call = call_of("Do");
        call.body.resize(1 << 23);
        Result<Message> reply = connection->call(std::move(call));
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().code, Code::Timeout);
      });
}

TEST(DbusConnection, PeersThatAreNone) {
  struct Case {
    const char* what;
    std::function<void(Peer&)> peer;
    const char* error;
  };
  const Case cases[] = {
      {"hangs up", [](Peer&) {}, "closed the connection"},
      {"refuses us", [](Peer& peer) { peer.say("REJECTED EXTERNAL\r\n"); },
       "authentication failed"},
      {"has no end of line", [](Peer& peer) { peer.say(std::string(20000, 'x')); }, "endless line"},
      {"says nothing",
       [](Peer& peer) {
         while (peer.open()) ::usleep(1000);
       },
       "no answer"},
      {"speaks something else",
       [](Peer& peer) {
         peer.welcome();
         peer.say("HTTP/1.1 200 OK, I think");
       },
       "unknown protocol"},
      {"announces a huge message",
       [](Peer& peer) {
         peer.welcome();
         peer.say(std::string_view("l\2\0\1\xff\xff\xff\x7f\1\0\0\0\0\0\0\0", 16));
       },
       "too long"},
      {"stops in the middle",
       [](Peer& peer) {
         peer.welcome();
         peer.say(std::string_view("l\2\0\1\x40\0\0\0\1\0\0\0\0\0\0\0xx", 18));
       },
       "closed the connection"},
  };
  for (const Case& one : cases) {
    with_peer(one.peer, [&one](Fd socket) {
      Result<Connection> connection = Connection::over(std::move(socket), false, kShortMs);
      ASSERT_FALSE(connection) << one.what;
      EXPECT_NE(connection.error().text().find(one.error), std::string::npos)
          << one.what << ": " << connection.error().text();
    });
  }
}

// Engines take these words to be about the container's program.
TEST(DbusConnection, AMissingSocketIsNotTheKernelsError) {
  Result<Connection> connection = Connection::open({{"/nonexistent/bus", false}});
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().errnum, 0);
  EXPECT_NE(connection.error().what.find("/nonexistent/bus"), std::string::npos);
  EXPECT_FALSE(Connection::open({}));
}

}  // namespace
}  // namespace dbus
