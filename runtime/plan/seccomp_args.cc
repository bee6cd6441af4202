#include "runtime/plan/seccomp_args.h"

#include <linux/seccomp.h>

#include <cstddef>

namespace plan {

namespace {

using Code = std::vector<sock_filter>;

// Where a conditional jump goes. Pass and Fail are turned into distances when the code is complete.
enum class To : unsigned char { Next, Pass, Fail };

sock_filter load_half(unsigned arg, bool high) {
  // The kernel fills in 64-bit numbers in its own byte order.
  bool second_word = high == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
  size_t offset = offsetof(seccomp_data, args) + arg * sizeof(uint64_t) + (second_word ? 4 : 0);
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
}

// The code of one comparison, with the jumps' goals beside it.
class Builder {
 public:
  void load(unsigned arg, bool high) { add(load_half(arg, high)); }
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

// Returns the action if the clause holds, else runs off its end. Shorter than 256 instructions.
Code clause_code(const Clause& clause) {
  // From the end, because a jump to the end has to know what lies between.
  Code code{BPF_STMT(BPF_RET | BPF_K, clause.action)};
  for (auto at = clause.all.rbegin(); at != clause.all.rend(); ++at) {
    Code before = comparison_code(*at, clause.wide).finish(code.size());
    code.insert(code.begin(), before.begin(), before.end());
  }
  return code;
}

bool only_equals(const Clause& clause) {
  return clause.all.size() == 1 && clause.all[0].op == SCMP_CMP_EQ;
}

// Whether the two differ in the lower word alone.
bool alike(const Clause& a, const Clause& b) {
  return only_equals(a) && only_equals(b) && a.action == b.action && a.wide == b.wide &&
         a.all[0].arg == b.all[0].arg &&
         (!a.wide || high_half(a.all[0].datum_a) == high_half(b.all[0].datum_a));
}

// The same for clauses that are alike: two instructions each.
Code alternatives_code(const Clause* begin, const Clause* end) {
  const scmp_arg_cmp& first = begin->all[0];
  auto n = static_cast<uint32_t>(end - begin);
  Code code;
  if (begin->wide) {
    code.push_back(load_half(first.arg, true));
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, high_half(first.datum_a), 1, 0));
    code.push_back(BPF_STMT(BPF_JMP | BPF_JA, 1 + 2 * n));
  }
  code.push_back(load_half(first.arg, false));
  for (const Clause* clause = begin; clause != end; clause++) {
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low_half(clause->all[0].datum_a), 0, 1));
    code.push_back(BPF_STMT(BPF_RET | BPF_K, clause->action));
  }
  return code;
}

}  // namespace

std::vector<sock_filter> clauses_code(const std::vector<Clause>& clauses) {
  Code code;
  const Clause* end = clauses.data() + clauses.size();
  for (const Clause* at = clauses.data(); at != end;) {
    const Clause* next = at + 1;
    while (next != end && alike(*at, *next)) next++;
    Code part = next - at > 1 ? alternatives_code(at, next) : clause_code(*at);
    code.insert(code.end(), part.begin(), part.end());
    at = next;
  }
  return code;
}

}  // namespace plan
