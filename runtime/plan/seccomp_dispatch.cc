#include "runtime/plan/seccomp_dispatch.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <cstddef>
#include <optional>

namespace plan {

namespace {

using Code = std::vector<sock_filter>;

constexpr size_t kMaxConditional = 255;     // jt and jf are bytes; JA takes 32 bits
constexpr uint32_t kToFilter = UINT32_MAX;  // JA's distance, until the length of the whole is known

sock_filter load(size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
}
sock_filter jump(uint32_t distance) {
  return BPF_STMT(BPF_JMP | BPF_JA, distance);
}
sock_filter branch(uint16_t condition, uint32_t k, size_t if_true, size_t if_false) {
  return BPF_JUMP(static_cast<uint16_t>(BPF_JMP | condition | BPF_K), k,
                  static_cast<uint8_t>(if_true), static_cast<uint8_t>(if_false));
}

// From `start` up to the next segment's start.
struct Segment {
  uint32_t start;
  std::optional<uint32_t> action;  // nothing: the filter decides
};

// The whole line of numbers from 0, cut where the answer changes.
std::vector<Segment> cut_into_segments(std::vector<DispatchRange> ranges) {
  // By start; of two that start together the earlier in the list stays in front.
  std::stable_sort(
      ranges.begin(), ranges.end(),
      [](const DispatchRange& a, const DispatchRange& b) { return a.first < b.first; });
  std::vector<Segment> segments;
  auto append = [&](uint32_t start, std::optional<uint32_t> action) {
    if (segments.empty() || segments.back().action != action) segments.push_back({start, action});
  };
  uint64_t next = 0;  // the first number that is not covered yet; 2^32 at the end
  for (const DispatchRange& range : ranges) {
    uint64_t first = std::max<uint64_t>(range.first, next);
    if (range.last < first) continue;
    if (first > next) append(static_cast<uint32_t>(next), std::nullopt);
    append(static_cast<uint32_t>(first), range.action);
    next = uint64_t{range.last} + 1;
  }
  if (next <= UINT32_MAX) append(static_cast<uint32_t>(next), std::nullopt);
  return segments;
}

void append_code(Code& to, const Code& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// The accumulator holds the number.
Code search(const Segment* begin, const Segment* end) {
  if (end - begin == 1) {
    if (!begin->action) return {jump(kToFilter)};
    return {BPF_STMT(BPF_RET | BPF_K, *begin->action)};
  }
  const Segment* middle = begin + (end - begin) / 2;
  Code below = search(begin, middle);
  Code code;
  if (below.size() <= kMaxConditional) {
    code.push_back(branch(BPF_JGE, middle->start, below.size(), 0));
  } else {
    code.push_back(branch(BPF_JGE, middle->start, 0, 1));
    code.push_back(jump(static_cast<uint32_t>(below.size())));
  }
  append_code(code, below);
  append_code(code, search(middle, end));
  return code;
}

}  // namespace

std::vector<sock_filter> build_dispatch(const std::vector<DispatchArch>& archs) {
  Code code{load(offsetof(seccomp_data, arch))};
  for (const DispatchArch& arch : archs) {
    std::vector<Segment> segments = cut_into_segments(arch.ranges);
    Code section{load(offsetof(seccomp_data, nr))};
    append_code(section, search(segments.data(), segments.data() + segments.size()));
    if (section.size() <= kMaxConditional) {
      code.push_back(branch(BPF_JEQ, arch.audit, 0, section.size()));
    } else {
      code.push_back(branch(BPF_JEQ, arch.audit, 1, 0));
      code.push_back(jump(static_cast<uint32_t>(section.size())));
    }
    append_code(code, section);
  }
  // An unknown architecture falls out at the end, which is the filter's first instruction as well.
  for (size_t i = 0; i < code.size(); i++) {
    if (code[i].code == (BPF_JMP | BPF_JA) && code[i].k == kToFilter) {
      code[i].k = static_cast<uint32_t>(code.size() - i - 1);
    }
  }
  return code;
}

}  // namespace plan
