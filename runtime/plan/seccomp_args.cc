#include "runtime/plan/seccomp_args.h"

#include <linux/seccomp.h>

#include <cstddef>

namespace plan {

namespace {

using Code = std::vector<sock_filter>;

// Where a conditional jump goes. Pass and Fail are turned into distances when the code is complete.
enum class To : unsigned char { Next, Pass, Fail };

// The code of one comparison, with the jumps' goals beside it.
class Builder {
 public:
  void load(unsigned arg, bool high) {
    // The kernel fills in 64-bit numbers in its own byte order.
    bool second_word = high == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    size_t offset = offsetof(seccomp_data, args) + arg * sizeof(uint64_t) + (second_word ? 4 : 0);
    add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)));
  }
  void mask(uint32_t bits) { add(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits)); }
  void branch(uint16_t condition, uint32_t k, To if_true, To if_false) {
    add(BPF_JUMP(static_cast<uint16_t>(BPF_JMP | condition | BPF_K), k, 0, 0), if_true, if_false);
  }

  // `behind`: the number of instructions between the end of this code and the end of the clause.
  Code finish(size_t behind) && {
    for (size_t i = 0; i < code_.size(); i++) {
      size_t to_end = code_.size() - i - 1;
      code_[i].jt = distance(goals_[i].first, to_end, behind);
      code_[i].jf = distance(goals_[i].second, to_end, behind);
    }
    return std::move(code_);
  }

 private:
  void add(sock_filter instruction, To if_true = To::Next, To if_false = To::Next) {
    code_.push_back(instruction);
    goals_.emplace_back(if_true, if_false);
  }
  static uint8_t distance(To to, size_t to_end, size_t behind) {
    if (to == To::Next) return 0;
    return static_cast<uint8_t>(to == To::Pass ? to_end : to_end + behind);
  }

  Code code_;
  std::vector<std::pair<To, To>> goals_;
};

uint32_t high_half(uint64_t value) {
  return static_cast<uint32_t>(value >> 32);
}
uint32_t low_half(uint64_t value) {
  return static_cast<uint32_t>(value);
}

// The last word that is compared decides alone.
void compare_low(Builder& code, scmp_compare op, uint32_t value) {
  switch (op) {
    case SCMP_CMP_NE: return code.branch(BPF_JEQ, value, To::Fail, To::Pass);
    case SCMP_CMP_LT: return code.branch(BPF_JGE, value, To::Fail, To::Pass);
    case SCMP_CMP_LE: return code.branch(BPF_JGT, value, To::Fail, To::Pass);
    case SCMP_CMP_GE: return code.branch(BPF_JGE, value, To::Pass, To::Fail);
    case SCMP_CMP_GT: return code.branch(BPF_JGT, value, To::Pass, To::Fail);
    default: return code.branch(BPF_JEQ, value, To::Pass, To::Fail);
  }
}

// The upper word decides if it differs; if it is equal, the code behind goes on with the lower one.
void compare_high(Builder& code, scmp_compare op, uint32_t value) {
  switch (op) {
    case SCMP_CMP_NE: return code.branch(BPF_JEQ, value, To::Next, To::Pass);
    case SCMP_CMP_LT:
    case SCMP_CMP_LE:
      code.branch(BPF_JGT, value, To::Fail, To::Next);
      return code.branch(BPF_JEQ, value, To::Next, To::Pass);
    case SCMP_CMP_GE:
    case SCMP_CMP_GT:
      code.branch(BPF_JGT, value, To::Pass, To::Next);
      return code.branch(BPF_JEQ, value, To::Next, To::Fail);
    default: return code.branch(BPF_JEQ, value, To::Next, To::Fail);
  }
}

Builder comparison_code(const scmp_arg_cmp& comparison, bool wide) {
  Builder code;
  bool masked = comparison.op == SCMP_CMP_MASKED_EQ;
  uint64_t mask = masked ? comparison.datum_a : UINT64_MAX;
  uint64_t value = masked ? comparison.datum_b & mask : comparison.datum_a;
  // Under a mask of 0 the upper words are equal.
  if (wide && high_half(mask) != 0) {
    code.load(comparison.arg, true);
    if (masked) code.mask(high_half(mask));
    compare_high(code, comparison.op, high_half(value));
  }
  code.load(comparison.arg, false);
  if (masked) code.mask(low_half(mask));
  compare_low(code, comparison.op, low_half(value));
  return code;
}

}  // namespace

std::vector<sock_filter> clause_code(const Clause& clause) {
  // From the end, because a jump to the end has to know what lies between.
  Code code{BPF_STMT(BPF_RET | BPF_K, clause.action)};
  for (auto at = clause.all.rbegin(); at != clause.all.rend(); ++at) {
    Code before = comparison_code(*at, clause.wide).finish(code.size());
    code.insert(code.begin(), before.begin(), before.end());
  }
  return code;
}

}  // namespace plan
