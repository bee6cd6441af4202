#include "base/error.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

const char* code_name(Code code) {
  switch (code) {
    case Code::Internal: return "internal";
    case Code::Usage: return "usage";
    case Code::ConfigInvalid: return "config-invalid";
    case Code::Unsupported: return "unsupported";
    case Code::PermissionDenied: return "permission-denied";
    case Code::ContainerNotFound: return "container-not-found";
    case Code::ContainerExists: return "container-exists";
    case Code::ContainerNotRunning: return "container-not-running";
    case Code::ContainerState: return "container-state";
    case Code::BundleInvalid: return "bundle-invalid";
    case Code::System: return "system";
    case Code::CgroupFailed: return "cgroup-failed";
    case Code::MountFailed: return "mount-failed";
    case Code::NamespaceFailed: return "namespace-failed";
    case Code::SecurityFailed: return "security-failed";
    case Code::HookFailed: return "hook-failed";
    case Code::ExecNotFound: return "exec-not-found";
    case Code::ExecFailed: return "exec-failed";
    case Code::InitDied: return "init-died";
    case Code::Timeout: return "timeout";
    case Code::Busy: return "busy";
    case Code::LimitReached: return "limit-reached";
    case Code::RuntimeFailed: return "runtime-failed";
    case Code::Cancelled: return "cancelled";
    case Code::ShuttingDown: return "shutting-down";
    case Code::EventsGone: return "events-gone";
  }
  return "internal";
}

Error::Error() = default;
Error::Error(const Error& other) = default;
Error::Error(Error&& other) noexcept = default;
Error& Error::operator=(const Error& other) = default;
Error& Error::operator=(Error&& other) noexcept = default;
Error::~Error() = default;

Error Error::in(const std::string& outer) && {
  what = outer + ": " + what;
  return std::move(*this);
}

Error Error::vmake(Code code, int errnum, const char* fmt, va_list args) {
  char* text = nullptr;
  int length = vasprintf(&text, fmt, args);
  Error error;
  error.errnum = errnum;
  error.code = code;
  if (length >= 0) error.what.assign(text, static_cast<size_t>(length));
  free(text);
  return error;
}

Error Error::sys(const char* fmt, ...) {
  int saved = errno;
  va_list args;
  va_start(args, fmt);
  Error error = vmake(Code::System, saved, fmt, args);
  va_end(args);
  return error;
}

Error Error::msg(const char* fmt, ...) {
  va_list args;
  va_start(args, fmt);
  Error error = vmake(Code::Internal, 0, fmt, args);
  va_end(args);
  return error;
}

Error Error::make(Code code, const char* fmt, ...) {
  va_list args;
  va_start(args, fmt);
  Error error = vmake(code, 0, fmt, args);
  va_end(args);
  return error;
}

std::string Error::text() const {
  if (errnum == 0) return what;
  return what + ": " + strerror(errnum);
}
