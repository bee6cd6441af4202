// The program goes through the rules in their order and keeps, in one register, the kinds of access
// that are allowed so far: a rule that fits adds its kinds, or takes them out. So for each kind the
// last rule that fits decides.
//
// Whether a rule fits is calculated, not branched on. The verifier follows every branch in every
// state that led to it, and with one for each condition a few hundred rules are more than it has
// patience for (E2BIG after seconds); straight code it goes through once, however long.

#include "runtime/cgroup/device_program.h"

#include "runtime/cgroup/device_rules.h"

namespace cgroup {
namespace {

constexpr uint8_t kResult = BPF_REG_0, kContext = BPF_REG_1, kType = BPF_REG_2, kWanted = BPF_REG_3,
                  kMajor = BPF_REG_4, kMinor = BPF_REG_5, kFits = BPF_REG_6, kScratch = BPF_REG_7,
                  kAllowed = BPF_REG_8;

bpf_insn insn(int code, uint8_t to, uint8_t from, int16_t offset, int32_t value) {
  bpf_insn made = {};
  made.code = static_cast<uint8_t>(code);
  made.dst_reg = to & 0xf;
  made.src_reg = from & 0xf;
  made.off = offset;
  made.imm = value;
  return made;
}

bpf_insn load_word(uint8_t to, size_t offset) {
  return insn(BPF_LDX | BPF_MEM | BPF_W, to, kContext, static_cast<int16_t>(offset), 0);
}
// 32-bit arithmetic clears the upper half of the register.
bpf_insn calculate(int operation, uint8_t to, int32_t value) {
  return insn(BPF_ALU | operation | BPF_K, to, 0, 0, value);
}
bpf_insn combine(int operation, uint8_t to, uint8_t from) {
  return insn(BPF_ALU | operation | BPF_X, to, from, 0, 0);
}
bpf_insn calculate64(int operation, uint8_t to, int32_t value) {
  return insn(BPF_ALU64 | operation | BPF_K, to, 0, 0, value);
}

using Program = std::vector<bpf_insn>;

// Loads what is asked: access_type is (access << 16) | type (struct bpf_cgroup_dev_ctx).
void emit_start(Program* program) {
  program->push_back(load_word(kType, offsetof(bpf_cgroup_dev_ctx, access_type)));
  program->push_back(combine(BPF_MOV, kWanted, kType));
  program->push_back(calculate(BPF_RSH, kWanted, 16));
  program->push_back(calculate(BPF_AND, kType, 0xffff));
  program->push_back(load_word(kMajor, offsetof(bpf_cgroup_dev_ctx, major)));
  program->push_back(load_word(kMinor, offsetof(bpf_cgroup_dev_ctx, minor)));
  program->push_back(calculate(BPF_MOV, kAllowed, 0));
}

// Allows if nothing is wanted that is not allowed.
void emit_end(Program* program) {
  program->push_back(calculate(BPF_XOR, kAllowed, kAllAccess));
  program->push_back(combine(BPF_AND, kWanted, kAllowed));
  program->push_back(calculate(BPF_MOV, kResult, 0));
  program->push_back(insn(BPF_JMP | BPF_JNE | BPF_K, kWanted, 0, 1, 0));
  program->push_back(calculate(BPF_MOV, kResult, 1));
  program->push_back(insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
}

struct Condition {
  uint8_t reg;
  uint32_t value;
};

std::vector<Condition> conditions_of(const spec::DeviceRule& rule) {
  std::vector<Condition> conditions;
  if (rule.type == 'b') conditions.push_back({kType, BPF_DEVCG_DEV_BLOCK});
  if (rule.type == 'c') conditions.push_back({kType, BPF_DEVCG_DEV_CHAR});
  if (rule.major.value_or(-1) >= 0)
    conditions.push_back({kMajor, static_cast<uint32_t>(*rule.major)});
  if (rule.minor.value_or(-1) >= 0)
    conditions.push_back({kMinor, static_cast<uint32_t>(*rule.minor)});
  return conditions;
}

// kFits: all bits of the lower half if every condition holds, else none. The differences are put
// together; one less than that has bits in the upper half only if that was zero.
void emit_fits(Program* program, const std::vector<Condition>& conditions) {
  for (size_t i = 0; i < conditions.size(); i++) {
    uint8_t to = i == 0 ? kFits : kScratch;
    program->push_back(combine(BPF_MOV, to, conditions[i].reg));
    program->push_back(calculate(BPF_XOR, to, static_cast<int32_t>(conditions[i].value)));
    if (i > 0) program->push_back(combine(BPF_OR, kFits, kScratch));
  }
  program->push_back(calculate64(BPF_ADD, kFits, -1));
  program->push_back(calculate64(BPF_RSH, kFits, 32));
}

void emit_rule(Program* program, const spec::DeviceRule& rule) {
  int32_t access = static_cast<int32_t>(access_bits(rule.access));
  std::vector<Condition> conditions = conditions_of(rule);
  if (conditions.empty()) {
    program->push_back(rule.allow ? calculate(BPF_OR, kAllowed, access)
                                  : calculate(BPF_AND, kAllowed, kAllAccess & ~access));
    return;
  }
  emit_fits(program, conditions);
  program->push_back(calculate(BPF_AND, kFits, access));
  if (!rule.allow) program->push_back(calculate(BPF_XOR, kFits, kAllAccess));
  program->push_back(combine(rule.allow ? BPF_OR : BPF_AND, kAllowed, kFits));
}

// A number that no device can have: the rule fits nothing.
bool is_impossible(const std::optional<int64_t>& number) {
  return number.value_or(0) > UINT32_MAX;
}

bool decides_all(const spec::DeviceRule& rule) {
  return conditions_of(rule).empty() && access_bits(rule.access) == kAllAccess;
}

}  // namespace

// What comes before a rule that decides everything has no say.
std::vector<bpf_insn> compile_device_program(const std::vector<spec::DeviceRule>& rules) {
  size_t first = rules.size();
  while (first > 0 && !decides_all(rules[first - 1])) first--;
  if (first > 0) first--;
  Program program;
  emit_start(&program);
  for (size_t i = first; i < rules.size(); i++) {
    if (!is_impossible(rules[i].major) && !is_impossible(rules[i].minor))
      emit_rule(&program, rules[i]);
  }
  emit_end(&program);
  return program;
}

}  // namespace cgroup
