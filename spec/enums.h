// The spec's names of every enum value in config.json and state.json, one table per enum.
//
//   enum_name(SeccompAction::Allow)                  "SCMP_ACT_ALLOW"
//   enum_value<SeccompAction>("SCMP_ACT_ALLOW")      SeccompAction::Allow
//   for (const EnumName& entry : enum_names<SeccompAction>()) ...
//
// The tables are constant data (enums.cc); a static_assert there keeps them complete and in order.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/config.h"
#include "spec/state.h"

namespace spec {

struct EnumName {
  std::string_view name;
  int value;
};

template <class E>
std::span<const EnumName> enum_names();  // entry i is the value i

template <>
std::span<const EnumName> enum_names<SchedulerPolicy>();
template <>
std::span<const EnumName> enum_names<SchedulerFlag>();
template <>
std::span<const EnumName> enum_names<IoPriorityClass>();
template <>
std::span<const EnumName> enum_names<NamespaceType>();
template <>
std::span<const EnumName> enum_names<MemoryPolicyMode>();
template <>
std::span<const EnumName> enum_names<MemoryPolicyFlag>();
template <>
std::span<const EnumName> enum_names<PersonalityDomain>();
template <>
std::span<const EnumName> enum_names<SeccompAction>();
template <>
std::span<const EnumName> enum_names<SeccompArch>();
template <>
std::span<const EnumName> enum_names<SeccompFlag>();
template <>
std::span<const EnumName> enum_names<SeccompOperator>();
template <>
std::span<const EnumName> enum_names<RootfsPropagation>();  // Unset is ""
template <>
std::span<const EnumName> enum_names<ContainerStatus>();

template <class E>
std::string_view enum_name(E value) {
  return enum_names<E>()[static_cast<size_t>(value)].name;
}

// The value of that name, letter by letter; nothing if there is none.
std::optional<int> find_enum_value(std::span<const EnumName> names, std::string_view name);
template <class E>
std::optional<E> enum_value(std::string_view name) {
  std::optional<int> value = find_enum_value(enum_names<E>(), name);
  if (!value) return std::nullopt;
  return static_cast<E>(*value);
}

// All names, in the order of the enum: what `features` lists.
template <class E>
std::vector<std::string> all_enum_names() {
  std::vector<std::string> out;
  for (const EnumName& entry : enum_names<E>()) {
    if (!entry.name.empty()) out.emplace_back(entry.name);
  }
  return out;
}

// What to say of a name that is none: `unknown value "SCMP_ACT_ALOW", did you mean
// "SCMP_ACT_ALLOW"?`, or the list of valid names when none is near.
std::string unknown_enum_value(std::span<const EnumName> names, std::string_view given);

}  // namespace spec
