// JSON -> struct -> JSON -> struct comes back equal, for every field, alone and together.
#include <gtest/gtest.h>

#include "spec/features.h"
#include "spec/load.h"
#include "tests/unit/spec/data.h"
#include "tests/unit/spec/fill.h"

namespace spec {
namespace {

template <class T>
void expect_round_trip(const T& value, const char* indent) {
  std::string text = write_json(value, indent);
  Result<T> back = read_json<T>(text, "written");
  ASSERT_TRUE(back) << back.error().text() << "\n" << text;
  EXPECT_TRUE(*back == value) << text << "\n" << write_json(*back, indent);
  EXPECT_EQ(write_json(*back, indent), text);
}

template <class T>
class RoundTrip : public testing::Test {};
using Documents = testing::Types<Config, Process, Resources, State, Features>;
TYPED_TEST_SUITE(RoundTrip, Documents);

TYPED_TEST(RoundTrip, EmptyComesBackEqual) {
  expect_round_trip(TypeParam{}, JsonWriter::kCompact);
}

TYPED_TEST(RoundTrip, AllFieldsTogetherComeBackEqual) {
  TypeParam value = Filler().make<TypeParam>();
  EXPECT_FALSE(value == TypeParam{});
  expect_round_trip(value, JsonWriter::kCompact);
  expect_round_trip(value, JsonWriter::kTabs);
}

TYPED_TEST(RoundTrip, ExtremeNumbersAndTextsComeBackEqual) {
  expect_round_trip(Filler(Filler::kAll, true).make<TypeParam>(), JsonWriter::kCompact);
}

TYPED_TEST(RoundTrip, EachFieldAloneComesBackEqual) {
  Filler count(0);
  count.make<TypeParam>();
  ASSERT_GT(count.leaves(), 4);
  std::string empty = write_json(TypeParam{}, JsonWriter::kCompact);
  for (int leaf = 0; leaf < count.leaves(); leaf++) {
    TypeParam value = Filler(leaf).make<TypeParam>();
    EXPECT_FALSE(value == TypeParam{}) << leaf;
    EXPECT_NE(write_json(value, JsonWriter::kCompact), empty) << leaf;
    expect_round_trip(value, JsonWriter::kCompact);
  }
}

// A member that the description forgets is lost on the way, and nothing above would notice: so
// members are counted. How many a struct has is found by trying how many initializers it takes.
struct AnyOptional {
  template <class T>
  requires is_optional<T>
  operator T() const;
};
struct AnyOther {
  template <class T>
  requires(!is_optional<T>) operator T() const;
};

template <class T, class... Initializers>
constexpr size_t member_count() {
  if constexpr (requires { T{Initializers{}..., AnyOptional{}}; }) {
    return member_count<T, Initializers..., AnyOptional>();
  } else if constexpr (requires { T{Initializers{}..., AnyOther{}}; }) {
    return member_count<T, Initializers..., AnyOther>();
  } else {
    return sizeof...(Initializers);
  }
}

struct TwoMembers {
  std::optional<int> a;
  std::string b;
};
static_assert(member_count<TwoMembers>() == 2 && member_count<Rlimit>() == 3 &&
              member_count<SeccompArg>() == 4);

// Compares the two counts of a struct and of all structs within.
class MemberCounter {
 public:
  template <class T>
  static void check(size_t keys) {
    MemberCounter counter;
    counter.described_ = keys;  // the member that holds the name is described by keyed()
    T value;
    fields(counter, value);
    EXPECT_EQ(counter.described_, member_count<T>()) << __PRETTY_FUNCTION__;
  }
  template <class T>
  void required(const char*, T&) {
    add<T>();
  }
  template <class T>
  void always(const char*, T&) {
    add<T>();
  }
  template <class T>
  void optional(const char*, T&) {
    add<T>();
  }
  template <class T, class U>
  void optional(const char*, T&, const U&) {
    add<T>();
  }
  template <class T>
  void nested(const char*, const char*, std::optional<T>&) {
    described_++;
  }
  template <class T>
  void keyed(const char*, std::vector<T>&, std::string T::*) {
    described_++;
    check<T>(1);
  }
  void only(std::initializer_list<std::string_view>, const char*) {}

 private:
  template <class T>
  void add() {
    described_++;
    descend<T>();
  }
  template <class T>
  void descend() {
    if constexpr (is_leaf<T>) {
      return;
    } else if constexpr (is_optional<T> || is_vector<T>) {
      descend<typename T::value_type>();
    } else {
      check<T>(0);
    }
  }
  size_t described_ = 0;
};

TYPED_TEST(RoundTrip, EveryMemberOfEveryStructIsDescribed) {
  MemberCounter::check<TypeParam>(0);
}

TEST(RoundTripFile, TheFullConfigKeepsEveryProperty) {
  std::string text = read_data("configs/valid/full.json");
  Result<Config> config = parse_config(text, "full.json");
  ASSERT_TRUE(config) << config.error().text();
  std::string written = to_json(*config, true);
  EXPECT_EQ(written + "\n",
            text);  // the file is written as we write: a property lost or renamed is a difference
  Result<Config> again = parse_config(written, "written");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_TRUE(*again == *config);
}

TEST(RoundTripFile, EveryValidConfigComesBackEqual) {
  std::vector<std::string> names = list_data("configs/valid", ".json");
  EXPECT_GE(names.size(), 3u);
  for (const std::string& name : names) {
    Result<Config> config = parse_config(read_data("configs/valid/" + name), name.c_str());
    ASSERT_TRUE(config) << config.error().text();
    for (bool pretty : {false, true}) {
      Result<Config> again = parse_config(to_json(*config, pretty), "written");
      ASSERT_TRUE(again) << name << ": " << again.error().text();
      EXPECT_TRUE(*again == *config) << name;
    }
  }
}

}  // namespace
}  // namespace spec
