// The numbers under which a named system call can be made on an architecture, from libseccomp's
// tables.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace plan {

struct SyscallNumbers {
  // socketcall(2) and ipc(2) make several calls, picked by their first argument. Architectures that
  // started with these got most of the calls a number of their own later (x86: Linux 4.3 and 5.1),
  // so there may be two ways.
  struct Multiplexed {
    uint32_t number;
    uint32_t call;  // the first argument...
    uint32_t mask;  // ...of which only these bits count
  };
  std::optional<uint32_t> direct;
  std::optional<Multiplexed> multiplexed;
};

class SyscallTable {
 public:
  explicit SyscallTable(uint32_t scmp) : scmp_(scmp) {}
  // Neither of the two: the architecture does not have the call. x32 numbers come with their bit.
  SyscallNumbers find(const std::string& name);

 private:
  std::optional<uint32_t> find_late(const std::string& name);

  uint32_t scmp_;
  std::map<std::string, uint32_t>
      late_;  // names by which numbers were given to multiplexed calls, read when first needed
};

// Whether libseccomp knows the name on any architecture.
bool is_syscall_name(const std::string& name);

}  // namespace plan
