// The program goes through the rules from the last to the first and keeps, in one register, the kinds of access that no rule
// has decided yet. A rule that denies one of them ends it with "no"; one that allows takes its kinds out, and when none is left
// the answer is "yes". So for each kind the last rule that fits decides.

#include "runtime/cgroup/device_program.h"

#include "runtime/cgroup/device_rules.h"

namespace cgroup {
namespace {

constexpr uint8_t kResult = BPF_REG_0, kContext = BPF_REG_1, kType = BPF_REG_2, kLeft = BPF_REG_3,
                  kMajor = BPF_REG_4, kMinor = BPF_REG_5, kScratch = BPF_REG_6;

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
bpf_insn copy(uint8_t to, uint8_t from) {
  return insn(BPF_ALU | BPF_MOV | BPF_X, to, from, 0, 0);
}
bpf_insn set(uint8_t to, int32_t value) {
  return insn(BPF_ALU | BPF_MOV | BPF_K, to, 0, 0, value);
}
bpf_insn and_with(uint8_t to, int32_t value) {
  return insn(BPF_ALU | BPF_AND | BPF_K, to, 0, 0, value);
}
bpf_insn shift_right(uint8_t to, int32_t bits) {
  return insn(BPF_ALU | BPF_RSH | BPF_K, to, 0, 0, bits);
}
bpf_insn leave() {
  return insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

using Program = std::vector<bpf_insn>;

void emit_answer(Program* program, bool allow) {
  program->push_back(set(kResult, allow ? 1 : 0));
  program->push_back(leave());
}

// Loads what is asked: access_type is (access << 16) | type (struct bpf_cgroup_dev_ctx).
void emit_start(Program* program) {
  program->push_back(load_word(kType, offsetof(bpf_cgroup_dev_ctx, access_type)));
  program->push_back(copy(kLeft, kType));
  program->push_back(shift_right(kLeft, 16));
  program->push_back(and_with(kType, 0xffff));
  program->push_back(load_word(kMajor, offsetof(bpf_cgroup_dev_ctx, major)));
  program->push_back(load_word(kMinor, offsetof(bpf_cgroup_dev_ctx, minor)));
}

// A number that no device can have: the rule fits nothing.
bool is_impossible(const std::optional<int64_t>& number) {
  return number.value_or(0) > UINT32_MAX;
}

// "If not equal, to the next rule": the distance is filled in when it is known.
void emit_condition(Program* rule, uint8_t reg, uint32_t value) {
  // The 32-bit comparison (JMP32) is there since 5.1; the 64-bit one would extend the sign of numbers above 2^31.
  rule->push_back(insn(BPF_JMP32 | BPF_JNE | BPF_K, reg, 0, 0, static_cast<int32_t>(value)));
}

void emit_rule(Program* program, const spec::DeviceRule& rule) {
  Program body;
  if (rule.type == 'b') emit_condition(&body, kType, BPF_DEVCG_DEV_BLOCK);
  if (rule.type == 'c') emit_condition(&body, kType, BPF_DEVCG_DEV_CHAR);
  if (rule.major.value_or(-1) >= 0)
    emit_condition(&body, kMajor, static_cast<uint32_t>(*rule.major));
  if (rule.minor.value_or(-1) >= 0)
    emit_condition(&body, kMinor, static_cast<uint32_t>(*rule.minor));
  size_t conditions = body.size();
  int32_t access = static_cast<int32_t>(access_bits(rule.access));
  bool all = access == kAllAccess;
  if (rule.allow && !all) {
    body.push_back(and_with(kLeft, ~access & kAllAccess));
    body.push_back(insn(BPF_JMP | BPF_JNE | BPF_K, kLeft, 0, 2, 0));  // over the answer
  } else if (!rule.allow && !all) {
    body.push_back(copy(kScratch, kLeft));
    body.push_back(and_with(kScratch, access));
    body.push_back(insn(BPF_JMP | BPF_JEQ | BPF_K, kScratch, 0, 2, 0));
  }
  emit_answer(&body, rule.allow);
  for (size_t i = 0; i < conditions; i++) body[i].off = static_cast<int16_t>(body.size() - i - 1);
  program->insert(program->end(), body.begin(), body.end());
}

bool decides_all(const spec::DeviceRule& rule) {
  return rule.type == 'a' && rule.major.value_or(-1) < 0 && rule.minor.value_or(-1) < 0 &&
         access_bits(rule.access) == kAllAccess;
}

}  // namespace

std::vector<bpf_insn> compile_device_program(const std::vector<spec::DeviceRule>& rules) {
  Program program;
  emit_start(&program);
  for (size_t i = rules.size(); i-- > 0;) {
    const spec::DeviceRule& rule = rules[i];
    if (is_impossible(rule.major) || is_impossible(rule.minor)) continue;
    emit_rule(&program, rule);
    if (decides_all(rule))
      return program;  // anything after it could not be reached, which the verifier refuses
  }
  emit_answer(&program, false);
  return program;
}

}  // namespace cgroup
