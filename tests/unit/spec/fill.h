// Visitors of spec/mapping.h for tests: one fills structs through their descriptions, one lists the
// properties they map. So tests of "every field" need no list of fields of their own.
#pragma once

#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "spec/config_fields.h"
#include "spec/features_fields.h"

namespace spec {

template <class T>
inline constexpr bool is_leaf = !is_struct<T>;
template <class T>
inline constexpr bool is_leaf<std::vector<T>> = is_leaf<T>;
template <>
inline constexpr bool is_leaf<StringMap> = true;
template <class T>
inline constexpr bool is_leaf<std::optional<T>> = is_leaf<T>;

// Gives members values that differ from what they start with and from each other.
class Filler {
 public:
  static constexpr int kAll = -1;
  // `only`: fill the leaf of that number and what is around it, nothing else.
  explicit Filler(int only = kAll, bool extremes = false) : only_(only), extremes_(extremes) {}

  template <class T>
  T make() {
    T value;
    set(value);
    return value;
  }
  int leaves() const { return next_leaf_; }

  template <class T>
  void required(const char*, T& member) {
    visit(member);
  }
  template <class T>
  void always(const char*, T& member) {
    visit(member);
  }
  template <class T>
  void optional(const char*, T& member) {
    visit(member);
  }
  template <class T, class U>
  void optional(const char*, T& member, const U&) {
    visit(member);
  }
  template <class T>
  void nested(const char*, const char*, std::optional<T>& member) {
    visit(member);
  }
  template <class T>
  void keyed(const char*, std::vector<T>& members, std::string T::*key) {
    std::vector<T> filled(2);
    bool before = touched_;
    touched_ = false;
    for (T& member : filled) {
      member.*key = "key/~" + std::to_string(++counter_);
      visit_struct(member);
      if (only_ != kAll) break;
    }
    if (only_ != kAll) filled.pop_back();
    if (touched_ || only_ == kAll) members = std::move(filled);
    touched_ |= before;
  }
  void only(std::initializer_list<std::string_view>, const char*) {}

 private:
  template <class T>
  void visit(T& member) {
    if constexpr (is_leaf<T>) {
      if (int leaf = next_leaf_++; only_ != kAll && only_ != leaf) return;
      touched_ = true;
      set(member);
    } else {
      T filled;
      bool before = std::exchange(touched_, false);
      set(filled);
      if (touched_ || only_ == kAll) member = std::move(filled);
      touched_ |= before;
    }
  }

  template <class T>
  void visit_struct(T& value) {
    fields(*this, value);
  }

  template <class T>
  void set(T& value) {
    if constexpr (std::same_as<T, bool>) {
      value = true;
    } else if constexpr (std::same_as<T, char>) {
      value = 'b';
    } else if constexpr (std::integral<T>) {
      bool low = extremes_ && std::signed_integral<T> && ++counter_ % 2 == 0;
      value = low         ? std::numeric_limits<T>::min()
              : extremes_ ? std::numeric_limits<T>::max()
                          : static_cast<T>(++counter_);
    } else if constexpr (std::same_as<T, std::string>) {
      value = extremes_ ? "a\"b\\c/d\n\t\x01\x7f \xc3\xa9 \xf0\x9f\x90\xa7"
                        : "text " + std::to_string(++counter_);
    } else if constexpr (std::same_as<T, StringMap>) {
      value = {{"name " + std::to_string(++counter_), "text"}, {"", ""}};
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(enum_names<T>().size() - 1);
    } else if constexpr (is_optional<T>) {
      set(value.emplace());
    } else if constexpr (is_vector<T>) {
      fill_list(value);
    } else {
      visit_struct(value);
    }
  }

  template <class T>
  void fill_list(std::vector<T>& list) {
    if constexpr (std::is_enum_v<T>) {
      for (const EnumName& entry : enum_names<T>()) list.push_back(static_cast<T>(entry.value));
    } else {
      size_t count = only_ == kAll || is_leaf<T> ? 2 : 1;  // leaves are numbered once
      for (size_t i = 0; i < count; i++) set(list.emplace_back());
    }
  }

  int only_;
  bool extremes_;
  int next_leaf_ = 0;
  bool touched_ = false;
  int counter_ = 0;
};

// Collects "/linux/resources/pids/limit" for every property; "*" is an array's item or a free name.
class PropertyLister {
 public:
  template <class T>
  static std::set<std::string> of() {
    PropertyLister lister;
    T value;
    fields(lister, value);
    return std::move(lister.found_);
  }

  template <class T>
  void required(const char* name, T& member) {
    add<T>(name, member);
  }
  template <class T>
  void always(const char* name, T& member) {
    add<T>(name, member);
  }
  template <class T>
  void optional(const char* name, T& member) {
    add<T>(name, member);
  }
  template <class T, class U>
  void optional(const char* name, T& member, const U&) {
    add<T>(name, member);
  }
  template <class T>
  void nested(const char* outer, const char* inner, std::optional<T>&) {
    found_.insert(path_ + "/" + outer);
    found_.insert(path_ + "/" + outer + "/" + inner);
  }
  template <class T>
  void keyed(const char* name, std::vector<T>&, std::string T::*) {
    found_.insert(path_ + "/" + name);
    within<T>(std::string("/") + name + "/*");
  }
  void only(std::initializer_list<std::string_view>, const char*) {}

 private:
  template <class T>
  void add(const char* name, T&) {
    found_.insert(path_ + "/" + name);
    descend<T>(std::string("/") + name);
  }
  template <class T>
  void descend(const std::string& below) {
    if constexpr (is_leaf<T>) {
      return;
    } else if constexpr (is_optional<T>) {
      descend<typename T::value_type>(below);
    } else if constexpr (is_vector<T>) {
      descend<typename T::value_type>(below + "/*");
    } else {
      within<T>(below);
    }
  }
  template <class T>
  void within(const std::string& below) {
    size_t length = path_.size();
    path_ += below;
    T value;
    fields(*this, value);
    path_.resize(length);
  }

  std::string path_;
  std::set<std::string> found_;
};

}  // namespace spec
