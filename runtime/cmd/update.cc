#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/strings.h"
#include "runtime/cmd/command.h"
#include "runtime/cmd/size.h"
#include "runtime/container/container.h"
#include "spec/load.h"
#include "spec/validate.h"

namespace cmd {

namespace {

Error invalid(const char* flag, const std::string& value, const char* expected) {
  return Error::make(Code::Usage, "invalid value '%s' for --%s", value.c_str(), flag)
      .with_hint(std::string("expected ") + expected);
}

// An empty value is none: scripts pass --memory="$LIMIT" whether there is one or not.
template <class T>
Status read_number(const Parsed& flags, const char* flag, std::optional<T>* out) {
  std::string text = flags.text(flag);
  if (text.empty()) return {};
  *out = parse_number<T>(text);
  if (*out) return {};
  bool negative = std::is_signed_v<T>;
  return invalid(flag, text, negative ? "a whole number" : "a whole number, 0 or more");
}

Status read_size(const Parsed& flags, const char* flag, std::optional<int64_t>* out) {
  std::string text = flags.text(flag);
  if (text.empty()) return {};
  *out = text == "-1" ? -1 : parse_size(text);
  if (*out) return {};
  return invalid(flag, text, "bytes, or a size such as 512m, or -1 for no limit");
}

Status read_cpu(const Parsed& flags, spec::Cpu* cpu) {
  TRY(read_number(flags, "cpu-share", &cpu->shares));
  TRY(read_number(flags, "cpu-shares", &cpu->shares));
  TRY(read_number(flags, "cpu-quota", &cpu->quota));
  TRY(read_number(flags, "cpu-period", &cpu->period));
  TRY(read_number(flags, "cpu-burst", &cpu->burst));
  TRY(read_number(flags, "cpu-idle", &cpu->idle));
  TRY(read_number(flags, "cpu-rt-period", &cpu->realtime_period));
  TRY(read_number(flags, "cpu-rt-runtime", &cpu->realtime_runtime));
  cpu->cpus = flags.text("cpuset-cpus");
  cpu->mems = flags.text("cpuset-mems");
  return {};
}

Status read_memory(const Parsed& flags, spec::Memory* memory) {
  TRY(read_size(flags, "memory", &memory->limit));
  TRY(read_size(flags, "memory-reservation", &memory->reservation));
  TRY(read_size(flags, "memory-swap", &memory->swap));
  std::optional<int64_t> obsolete;
  for (const char* flag : {"kernel-memory", "kernel-memory-tcp"}) {
    TRY(read_size(flags, flag, &obsolete));
    if (!flags.text(flag).empty()) log_warning("--%s is obsolete, ignoring", flag);
  }
  return {};
}

// What was given only: a part without anything set would still have its controller looked at.
template <class T>
void put(std::optional<T>* into, const T& part) {
  if (part != T()) *into = part;
}

Result<spec::Resources> read_flags(const Parsed& flags) {
  spec::Resources resources;
  spec::Memory memory;
  spec::Cpu cpu;
  spec::BlockIo io;
  TRY(read_memory(flags, &memory));
  TRY(read_cpu(flags, &cpu));
  TRY(read_number(flags, "blkio-weight", &io.weight));
  TRY(read_number(flags, "pids-limit", &resources.pids_limit));
  put(&resources.memory, memory);
  put(&resources.cpu, cpu);
  put(&resources.block_io, io);
  Status valid = spec::validate(resources);
  if (!valid) return std::move(valid).error().as(Code::Usage);
  return resources;
}

Result<spec::Resources> read_resources(const std::string& file) {
  if (file == "-") {
    std::string text = TRY(read_fd(STDIN_FILENO, "stdin"));
    return spec::parse_resources(text, "stdin");
  }
  std::string text = TRY_IN("--resources", read_file(AT_FDCWD, file.c_str()));
  return spec::parse_resources(text, file.c_str());
}

Result<spec::IntelRdt> read_rdt(const Parsed& flags) {
  spec::IntelRdt rdt;
  rdt.l3_cache_schema = flags.text("l3-cache-schema");
  rdt.mem_bw_schema = flags.text("mem-bw-schema");
  for (const std::string* schema : {&rdt.l3_cache_schema, &rdt.mem_bw_schema}) {
    if (schema->find('\n') != std::string::npos)
      return invalid("l3-cache-schema or --mem-bw-schema", *schema, "one line");
  }
  return rdt;
}

}  // namespace

Result<int> run_update(const Invocation& call) {
  std::string file = call.flags.text("resources");
  spec::IntelRdt rdt = TRY(read_rdt(call.flags));
  spec::Resources resources = TRY(file.empty() ? read_flags(call.flags) : read_resources(file));
  TRY(container::update(call.globals, call.id, resources, rdt));
  return 0;
}

}  // namespace cmd
