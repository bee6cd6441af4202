// Against the spec's own JSON schemas and test files (tests/data/oci-schema): every property is
// mapped, every file is accepted or refused as its folder says.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>

#include "base/strings.h"
#include "spec/load.h"
#include "tests/unit/spec/data.h"
#include "tests/unit/spec/fill.h"

namespace spec {
namespace {

// Collects the same paths as PropertyLister, from a schema.
class SchemaWalker {
 public:
  std::set<std::string> properties(const std::string& file) {
    walk(file, root(file), "");
    return std::move(found_);
  }

 private:
  struct Loaded {
    std::string text;
    std::optional<JsonDocument> document;
  };

  JsonValue root(const std::string& file) {
    std::unique_ptr<Loaded>& loaded = files_[file];
    if (!loaded) {
      loaded = std::make_unique<Loaded>();
      loaded->text = read_data("oci-schema/" + file);
      Result<JsonDocument> document = JsonDocument::parse(loaded->text, "schema");
      EXPECT_TRUE(document) << file << ": " << document.error().text();
      loaded->document.emplace(*std::move(document));
    }
    return loaded->document->root();
  }

  // "defs.json#/definitions/uint32", "#/definitions/weight"
  void follow(const std::string& file, const std::string& reference, const std::string& path) {
    size_t hash = reference.find('#');
    std::string target = hash == 0 ? file : reference.substr(0, hash);
    std::optional<JsonValue> value = root(target);
    for (std::string_view token : split(std::string_view(reference).substr(hash + 2), '/')) {
      value = value->find(token);
      ASSERT_TRUE(value) << reference;
    }
    walk(target, *value, path);
  }

  void walk(const std::string& file, JsonValue schema, const std::string& path) {
    if (auto reference = schema.find("$ref")) follow(file, std::string(reference->text()), path);
    for (const char* combined : {"allOf", "anyOf"}) {
      if (auto parts = schema.find(combined)) {
        for (JsonValue part : parts->items()) walk(file, part, path);
      }
    }
    if (auto items = schema.find("items")) walk(file, *items, path + "/*");
    auto rest = schema.find("additionalProperties");
    if (rest && rest->kind() == JsonKind::Object) walk(file, *rest, path + "/*");
    if (auto properties = schema.find("properties")) {
      for (JsonValue property : properties->items()) {
        std::string below = path + "/" + std::string(property.key());
        static const std::set<std::string> kOtherPlatforms = {"/solaris", "/windows", "/vm", "/zos",
                                                              "/freebsd"};
        if (kOtherPlatforms.contains(below)) continue;
        found_.insert(below);
        walk(file, property, below);
      }
    }
  }

  std::map<std::string, std::unique_ptr<Loaded>> files_;
  std::set<std::string> found_;
};

void expect_mapped(const std::set<std::string>& schema, const std::set<std::string>& mapped,
                   const std::set<std::string>& beyond_the_schema) {
  EXPECT_GT(schema.size(), 5u);
  for (const std::string& path : schema)
    EXPECT_TRUE(mapped.contains(path)) << path << " of the schema is not mapped";
  for (const std::string& path : mapped) {
    EXPECT_EQ(schema.contains(path), !beyond_the_schema.contains(path)) << path << " is mapped";
  }
}

TEST(Schema, EveryPropertyOfAConfigIsMappedAndNoOther) {
  expect_mapped(SchemaWalker().properties("config-schema.json"), PropertyLister::of<Config>(), {});
}

TEST(Schema, EveryPropertyOfTheStateIsMappedAndNoOther) {
  expect_mapped(SchemaWalker().properties("state-schema.json"), PropertyLister::of<State>(), {});
}

TEST(Schema, EveryPropertyOfTheFeaturesIsMappedAndNoOther) {
  // features-linux.md describes these, its schema forgets them.
  std::set<std::string> beyond = {"/linux/memoryPolicy", "/linux/memoryPolicy/modes",
                                  "/linux/memoryPolicy/flags", "/linux/intelRdt/schemata",
                                  "/linux/intelRdt/monitoring"};
  expect_mapped(SchemaWalker().properties("features-schema.json"), PropertyLister::of<Features>(),
                beyond);
}

template <class T>
void expect_judged(const std::string& folder, Result<T> (*parse)(std::string_view, const char*),
                   size_t good, size_t bad,
                   const std::map<std::string, std::string>& exceptions = {}) {
  size_t skipped = 0;
  for (const char* verdict : {"good", "bad"}) {
    bool accept = std::string_view(verdict) == "good";
    std::string directory = "oci-schema/test/" + folder + "/" + verdict;
    std::vector<std::string> names = list_data(directory, ".json");
    EXPECT_EQ(names.size(), accept ? good : bad) << directory;
    for (const std::string& name : names) {
      if (exceptions.contains(name)) {
        skipped++;
        continue;
      }
      Result<T> result = parse(read_data(directory + "/" + name), name.c_str());
      EXPECT_EQ(static_cast<bool>(result), accept)
          << directory << "/" << name << (result ? "" : result.error().text());
    }
  }
  EXPECT_EQ(skipped, exceptions.size());
}

TEST(Schema, ConfigsAreJudgedAsTheirFolderSays) {
  expect_judged<Config>("config", parse_config, 9, 5,
                        {{"freebsd-vnet-disable.json",
                          "wrong only in a property of FreeBSD, unknown and so ignored here"}});
}

TEST(Schema, StatesAreJudgedAsTheirFolderSays) {
  expect_judged<State>("state", parse_state, 1, 1);
}

TEST(Schema, FeaturesAreJudgedAsTheirFolderSays) {
  expect_judged<Features>("features", parse_features, 2, 1);
}

// The schemas' enums and our tables have the same names.
void collect_enum(const char* file, const char* definition, std::set<std::string>* names) {
  std::string text = read_data(std::string("oci-schema/") + file);
  Result<JsonDocument> document = JsonDocument::parse(text, file);
  ASSERT_TRUE(document);
  auto type = document->root().find("definitions")->find(definition);
  ASSERT_TRUE(type) << definition;
  for (JsonValue name : type->find("enum")->items()) names->insert(std::string(name.text()));
}

template <class E>
void expect_same_names(const char* definition,
                       const std::set<std::string>& beyond_the_schema = {}) {
  std::set<std::string> schema;
  collect_enum("defs-linux.json", definition, &schema);
  schema.insert(beyond_the_schema.begin(), beyond_the_schema.end());
  std::vector<std::string> ours = all_enum_names<E>();
  EXPECT_EQ(std::set<std::string>(ours.begin(), ours.end()), schema) << definition;
}

TEST(Schema, EnumsHaveTheSchemasNames) {
  expect_same_names<SchedulerPolicy>("SchedulerPolicy");
  expect_same_names<SchedulerFlag>("SchedulerFlag");
  expect_same_names<NamespaceType>("NamespaceType");
  expect_same_names<MemoryPolicyMode>("MemoryPolicyMode");
  expect_same_names<MemoryPolicyFlag>("MemoryPolicyFlag");
  expect_same_names<PersonalityDomain>("PersonalityDomain");
  expect_same_names<SeccompAction>("SeccompAction");
  expect_same_names<SeccompArch>("SeccompArch");
  expect_same_names<SeccompFlag>("SeccompFlag");
  expect_same_names<SeccompOperator>("SeccompOperators");
  expect_same_names<RootfsPropagation>("RootfsPropagation",
                                       {"rprivate", "rshared", "rslave", "runbindable"});
}

}  // namespace
}  // namespace spec
