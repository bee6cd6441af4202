// Errors as values: Result<T>, Status, TRY.
//
// A function that can fail returns Result<T> (or Status, for no value). The text of an Error reads
// outside-in, joined by ": "; the lowest layer names the call and the object, each layer above adds
// only what it alone knows, and main prints the whole once. "Not there" is not an error: that is
// Result<std::optional<T>>.
#pragma once

#include <cerrno>
#include <cstdarg>
#include <optional>
#include <string>
#include <utility>
#include <variant>

// The stable, machine-readable name of a failure: field "code" of JSON log lines. Values are only
// ever added.
enum class Code : unsigned char {
  Internal,  // a bug in rt, or a kernel that broke its own promise
  Usage,     // the command line is wrong
  // config.json, process.json or resources are malformed or contradict themselves
  ConfigInvalid,
  Unsupported,          // this kernel, build or machine cannot do what was asked
  PermissionDenied,     // the caller may not do it
  ContainerNotFound,    // no container of that id under --root
  ContainerExists,      // the id is taken
  ContainerNotRunning,  // the operation needs a live process
  ContainerState,       // any other state that does not fit (paused, already started, not stopped)
  BundleInvalid,        // bundle directory or root filesystem missing or unusable
  System,               // a system call failed; see errno
  CgroupFailed,         // a cgroup could not be made, joined, limited or removed
  MountFailed,          // a mount of the container could not be made
  NamespaceFailed,      // a namespace could not be created or joined
  SecurityFailed,       // seccomp, capabilities, LSM label, sysctl, ids
  HookFailed,           // a hook failed or ran out of time
  ExecNotFound,         // the program to run does not exist in the container
  ExecFailed,           // it exists but cannot be run
  InitDied,             // init was killed (often: out of memory) before the program ran
  Timeout,
  Busy,           // another operation on the same thing is under way
  LimitReached,   // a limit of the supervisor's own: connections, sessions, sizes
  RuntimeFailed,  // the runtime that the supervisor ran ended with an error of its own
  Cancelled,      // whoever asked took it back
  ShuttingDown,   // the supervisor takes on nothing new
  EventsGone,     // events as old as those asked for are not kept
};
const char* code_name(Code code);  // "container-not-found"

struct Error {
  int errnum = 0;  // an errno value, or 0 when the kernel is not the one complaining
  std::string what;
  Code code = Code::System;
  std::string hint;  // one sentence on what to do about it, or empty
  // where in the container's life: set by the outermost layer that knows ("create", "init", "hook")
  std::string phase;

  // In error.cc, not here: every TRY moves and destroys one, and inlined that is most of the
  // program.
  Error();
  Error(const Error& other);
  Error(Error&& other) noexcept;
  Error& operator=(const Error& other);
  Error& operator=(Error&& other) noexcept;
  ~Error();

  // Takes errno first, then formats.
  [[gnu::format(printf, 1, 2)]] static Error sys(const char* fmt, ...);
  // No errno: a check of ours failed. Code::Internal unless set by as().
  [[gnu::format(printf, 1, 2)]] static Error msg(const char* fmt, ...);
  [[gnu::format(printf, 2, 3)]] static Error make(Code code, const char* fmt, ...);
  static Error vmake(Code code, int errnum, const char* fmt, va_list args);

  Error in(const std::string& outer) &&;
  Error as(Code c) && {
    code = c;
    return std::move(*this);
  }
  Error with_hint(std::string text) && {
    hint = std::move(text);
    return std::move(*this);
  }
  Error at(std::string where) && {
    if (phase.empty()) phase = std::move(where);
    return std::move(*this);
  }
  std::string text() const;  // what, then ": " and the errno's text if there is one
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : v_(std::in_place_index<1>, std::move(error)) {}
  explicit operator bool() const { return v_.index() == 0; }
  T& operator*() & { return *std::get_if<0>(&v_); }
  const T& operator*() const& { return *std::get_if<0>(&v_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&v_)); }
  T* operator->() { return std::get_if<0>(&v_); }
  const T* operator->() const { return std::get_if<0>(&v_); }
  Error& error() & { return *std::get_if<1>(&v_); }
  const Error& error() const& { return *std::get_if<1>(&v_); }
  Error&& error() && { return std::move(*std::get_if<1>(&v_)); }

 private:
  std::variant<T, Error> v_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : e_(std::move(error)) {}
  explicit operator bool() const { return !e_; }
  void operator*() const {}
  Error& error() & { return *e_; }
  const Error& error() const& { return *e_; }
  Error&& error() && { return std::move(*e_); }

 private:
  std::optional<Error> e_;
};
using Status = Result<void>;

// The value of expr, or return its error from the function this stands in. Don't nest; name the
// inner value.
#define TRY(expr)                                            \
  __extension__({                                            \
    auto&& try_result_ = (expr);                             \
    if (!try_result_) return std::move(try_result_).error(); \
    *std::move(try_result_);                                 \
  })
// The same, with the caller's context in front of the error's text.
#define TRY_IN(outer, expr)                                            \
  __extension__({                                                      \
    auto&& try_result_ = (expr);                                       \
    if (!try_result_) return std::move(try_result_).error().in(outer); \
    *std::move(try_result_);                                           \
  })
