// Runs a classic BPF program as the kernel's seccomp does, on one system call. Only the
// instructions that seccomp admits and compilers of filters use; anything else, a jump out of the
// program or running off its end is a test failure.
#pragma once

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <cstring>
#include <vector>

class BpfInterpreter {
 public:
  explicit BpfInterpreter(const std::vector<sock_filter>& program) : program_(program) {}

  // SECCOMP_RET_* with its data. `steps`, if given, counts the instructions executed.
  uint32_t run(const seccomp_data& data, size_t* steps = nullptr) const {
    uint32_t a = 0, x = 0, memory[BPF_MEMWORDS] = {};
    for (size_t pc = 0; pc < program_.size(); pc++) {
      const sock_filter& i = program_[pc];
      if (steps) ++*steps;
      switch (i.code) {
        case BPF_LD | BPF_W | BPF_ABS:
          if (i.k % 4 != 0 || i.k > sizeof data - 4) return fail("load outside seccomp_data", pc);
          std::memcpy(&a, reinterpret_cast<const char*>(&data) + i.k, 4);
          break;
        case BPF_LD | BPF_IMM: a = i.k; break;
        case BPF_LD | BPF_MEM: a = memory[i.k]; break;
        case BPF_ST: memory[i.k] = a; break;
        case BPF_MISC | BPF_TAX: x = a; break;
        case BPF_MISC | BPF_TXA: a = x; break;
        case BPF_ALU | BPF_AND | BPF_K: a &= i.k; break;
        case BPF_JMP | BPF_JA: pc += i.k; break;
        case BPF_JMP | BPF_JEQ | BPF_K: pc += a == i.k ? i.jt : i.jf; break;
        case BPF_JMP | BPF_JGT | BPF_K: pc += a > i.k ? i.jt : i.jf; break;
        case BPF_JMP | BPF_JGE | BPF_K: pc += a >= i.k ? i.jt : i.jf; break;
        case BPF_JMP | BPF_JSET | BPF_K: pc += (a & i.k) != 0 ? i.jt : i.jf; break;
        case BPF_RET | BPF_K: return i.k;
        default: return fail("instruction", pc);
      }
    }
    return fail("end of the program", program_.size());
  }

 private:
  static uint32_t fail(const char* what, size_t pc) {
    ADD_FAILURE() << "bad " << what << " at " << pc;
    return 0xdeadbeef;
  }
  const std::vector<sock_filter>& program_;
};
