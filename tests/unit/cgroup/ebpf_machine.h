// As much of an eBPF machine as cgroup device programs use, with the verifier's main rules: every
// jump stays inside, goes forward, and what is read was written.
#pragma once

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <cstring>
#include <optional>
#include <vector>

namespace cgroup::model {

class EbpfMachine {
 public:
  // The program's answer, or nothing (with a test failure) if the kernel would not have taken it.
  static std::optional<uint64_t> run(const std::vector<bpf_insn>& program,
                                     const bpf_cgroup_dev_ctx& context) {
    EbpfMachine machine(context);
    size_t at = 0;
    while (at < program.size()) {
      const bpf_insn& insn = program[at];
      if (insn.code == (BPF_JMP | BPF_EXIT)) {
        if (!machine.known(BPF_REG_0)) return std::nullopt;
        return machine.regs_[BPF_REG_0];
      }
      std::optional<bool> jumps = machine.step(insn);
      if (!jumps) return std::nullopt;
      if (*jumps && insn.off < 0) {
        ADD_FAILURE() << "jumps back at " << at;
        return std::nullopt;
      }
      at += 1 + (*jumps ? static_cast<size_t>(insn.off) : 0);
    }
    ADD_FAILURE() << "runs off its end";
    return std::nullopt;
  }

  // Instructions that no path leads to: the kernel refuses a program with any.
  static size_t unreachable(const std::vector<bpf_insn>& program) {
    std::vector<bool> seen(program.size() + 1);
    if (!program.empty()) seen[0] = true;
    size_t missed = 0;
    for (size_t i = 0; i < program.size(); i++) {
      if (!seen[i]) {
        missed++;
        continue;
      }
      int kind = BPF_CLASS(program[i].code);
      bool jump = kind == BPF_JMP || kind == BPF_JMP32;
      if (program[i].code == (BPF_JMP | BPF_EXIT)) continue;
      seen[i + 1] = true;
      size_t target = i + 1 + static_cast<size_t>(program[i].off);
      if (jump && target < seen.size()) seen[target] = true;
      if (jump && target >= program.size()) ADD_FAILURE() << "jumps out at " << i;
    }
    EXPECT_FALSE(seen[program.size()]) << "runs off its end";
    return missed;
  }

 private:
  explicit EbpfMachine(const bpf_cgroup_dev_ctx& context) : context_(context) {
    written_[BPF_REG_1] = true;
  }

  bool known(unsigned reg) const {
    if (!written_[reg]) ADD_FAILURE() << "reads r" << reg << " before it is set";
    return written_[reg];
  }

  std::optional<bool> step(const bpf_insn& insn) {
    switch (BPF_CLASS(insn.code)) {
      case BPF_LDX: return load(insn);
      case BPF_ALU: return calculate(insn);
      case BPF_ALU64: return calculate64(insn);
      case BPF_JMP:
      case BPF_JMP32: return compare(insn);
      default: ADD_FAILURE() << "unknown instruction " << int{insn.code}; return std::nullopt;
    }
  }

  std::optional<bool> load(const bpf_insn& insn) {
    bool fine = insn.code == (BPF_LDX | BPF_MEM | BPF_W) && insn.src_reg == BPF_REG_1 &&
                insn.off >= 0 && insn.off % 4 == 0 &&
                static_cast<size_t>(insn.off) + 4 <= sizeof(context_);
    if (!fine) {
      ADD_FAILURE() << "bad load at offset " << insn.off;
      return std::nullopt;
    }
    uint32_t word;
    std::memcpy(&word, reinterpret_cast<const char*>(&context_) + insn.off, sizeof(word));
    return set(insn.dst_reg, word);
  }

  std::optional<bool> calculate(const bpf_insn& insn) {
    bool by_register = BPF_SRC(insn.code) == BPF_X;
    if (by_register && !known(insn.src_reg)) return std::nullopt;
    uint32_t operand =
        by_register ? static_cast<uint32_t>(regs_[insn.src_reg]) : static_cast<uint32_t>(insn.imm);
    if (BPF_OP(insn.code) == BPF_MOV) return set(insn.dst_reg, operand);
    if (!known(insn.dst_reg)) return std::nullopt;
    uint32_t value = static_cast<uint32_t>(regs_[insn.dst_reg]);
    switch (BPF_OP(insn.code)) {
      case BPF_AND: return set(insn.dst_reg, value & operand);
      case BPF_OR: return set(insn.dst_reg, value | operand);
      case BPF_XOR: return set(insn.dst_reg, value ^ operand);
      case BPF_RSH: return set(insn.dst_reg, value >> operand);
      default: ADD_FAILURE() << "unknown operation " << int{insn.code}; return std::nullopt;
    }
  }

  // The operand is sign-extended, and the whole register is the result.
  std::optional<bool> calculate64(const bpf_insn& insn) {
    if (BPF_SRC(insn.code) != BPF_K || !known(insn.dst_reg)) return std::nullopt;
    uint64_t operand = static_cast<uint64_t>(static_cast<int64_t>(insn.imm));
    uint64_t value = regs_[insn.dst_reg];
    switch (BPF_OP(insn.code)) {
      case BPF_ADD: return set(insn.dst_reg, value + operand);
      case BPF_RSH:
        if (operand > 63) ADD_FAILURE() << "shifts by " << operand;
        return set(insn.dst_reg, value >> (operand & 63));
      default: ADD_FAILURE() << "unknown operation " << int{insn.code}; return std::nullopt;
    }
  }

  std::optional<bool> compare(const bpf_insn& insn) {
    if (!known(insn.dst_reg) || BPF_SRC(insn.code) != BPF_K) return std::nullopt;
    uint64_t value = regs_[insn.dst_reg];
    // 64 bits: the sign is extended
    uint64_t operand = static_cast<uint64_t>(static_cast<int64_t>(insn.imm));
    if (BPF_CLASS(insn.code) == BPF_JMP32) {
      value = static_cast<uint32_t>(value);
      operand = static_cast<uint32_t>(insn.imm);
    }
    switch (BPF_OP(insn.code)) {
      case BPF_JEQ: return value == operand;
      case BPF_JNE: return value != operand;
      default: ADD_FAILURE() << "unknown jump " << int{insn.code}; return std::nullopt;
    }
  }

  std::optional<bool> set(unsigned reg, uint64_t value) {
    regs_[reg] = value;
    written_[reg] = true;
    return false;
  }

  const bpf_cgroup_dev_ctx context_;
  uint64_t regs_[11] = {};
  bool written_[11] = {};
};

}  // namespace cgroup::model
