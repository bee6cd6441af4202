#include "runtime/plan/seccomp_filter.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <cstddef>

namespace plan {

namespace {

using Code = std::vector<sock_filter>;

constexpr size_t kMaxConditional = 255;  // jt and jf are bytes; JA takes 32 bits

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
  const Answer* answer;
};

bool same_answer(const Answer& a, const Answer& b) {
  return a.clauses.empty() && b.clauses.empty() && a.otherwise == b.otherwise;
}

// The whole line of numbers from 0, cut where the answer changes. Points to the answers given.
std::vector<Segment> cut_into_segments(const std::vector<FilterRange>& ranges,
                                       const Answer& by_default) {
  std::vector<const FilterRange*> sorted;
  sorted.reserve(ranges.size());
  for (const FilterRange& range : ranges) sorted.push_back(&range);
  // Of two that start together the earlier in the list stays in front.
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const FilterRange* a, const FilterRange* b) { return a->first < b->first; });
  std::vector<Segment> segments;
  auto append = [&](uint64_t start, const Answer& answer) {
    if (!segments.empty() && same_answer(*segments.back().answer, answer)) return;
    segments.push_back({static_cast<uint32_t>(start), &answer});
  };
  uint64_t next = 0;  // the first number that is not covered yet; 2^32 at the end
  for (const FilterRange* range : sorted) {
    uint64_t first = std::max<uint64_t>(range->first, next);
    if (range->last < first) continue;
    if (first > next) append(next, by_default);
    append(first, range->answer);
    next = uint64_t{range->last} + 1;
  }
  if (next <= UINT32_MAX) append(next, by_default);
  return segments;
}

void append_code(Code& to, const Code& from) {
  to.insert(to.end(), from.begin(), from.end());
}

Code ret(uint32_t action) {
  return {BPF_STMT(BPF_RET | BPF_K, action)};
}

Code answer_code(const Answer& answer) {
  Code code = clauses_code(answer.clauses);
  append_code(code, ret(answer.otherwise));
  return code;
}

// The accumulator holds the number.
Code search(const Segment* begin, const Segment* end) {
  if (end - begin == 1) return answer_code(*begin->answer);
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

std::vector<sock_filter> build_filter(const std::vector<FilterArch>& archs, uint32_t default_action,
                                      uint32_t foreign_action) {
  const Answer by_default{{}, default_action};
  Code code{load(offsetof(seccomp_data, arch))};
  for (const FilterArch& arch : archs) {
    std::vector<Segment> segments = cut_into_segments(arch.ranges, by_default);
    Code section{load(offsetof(seccomp_data, nr))};
    append_code(section, search(segments.data(), segments.data() + segments.size()));
    if (section.size() <= kMaxConditional) {
      code.push_back(branch(BPF_JEQ, arch.audit, 0, section.size()));
    } else {
      code.push_back(branch(BPF_JEQ, arch.audit, 1, 0));
      code.push_back(jump(static_cast<uint32_t>(section.size())));
    }
    append_code(code, section);  // all of its ends are returns
  }
  append_code(code, ret(foreign_action));
  return code;
}

}  // namespace plan
