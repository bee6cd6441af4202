// The table of methods: what rtd can be asked, by whom, with what, and what it answers. See rpc.h
// for how.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "supervisor/protocol/schema.h"

namespace protocol {

// major: old clients break; minor: something was added
inline constexpr int kApiMajor = 1, kApiMinor = 0;

// Who a client is, by the credentials of its socket. Each may do what those before it may.
enum class Role : unsigned char {
  None,
  Reader,    // looks
  Operator,  // and acts on containers that are its own
  Admin,     // and on all: the same as being the user that rtd runs as
};
const char* role_name(Role role);

enum class MethodId : unsigned char {
  Hello,
  Discover,
  Health,
  Shutdown,
  Create,
  Run,
  Start,
  Stop,
  Kill,
  Pause,
  Resume,
  Restart,
  Remove,
  List,
  Inspect,
  Wait,
  Attach,
  Resize,
  Logs,
  Subscribe,
  History,
};

struct Method {
  MethodId id;
  const char* name;
  const char* summary;
  Role role;     // the least that may call it
  bool mutates;  // leaves a line in the audit log
  std::span<const Field> params;
  const Schema* result;
};
std::span<const Method> methods();
const Method* find_method(std::string_view name);  // nullptr: no such
Error unknown_method(std::string_view name);       // with the nearest name as hint

// The OpenRPC document of the table (https://spec.open-rpc.org), on one line.
std::string discover_text(std::string_view version);

}  // namespace protocol
