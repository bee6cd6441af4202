// What a method takes and gives, as data: one table that checks requests, dispatches them and is
// published by rpc.discover.
#pragma once

#include <span>
#include <string_view>

#include "base/error.h"
#include "spec/json.h"
#include "spec/json_writer.h"

namespace protocol {

enum class Type : unsigned char {
  Boolean,
  Integer,
  Count,  // an integer, 0 or more
  String,
  Strings,  // an array of strings
  Map,      // an object whose values are strings
  Object,   // any object: somebody else's format
  Record,   // an object as described by a Schema
  Records,  // an array of these
};

struct Schema;
struct Field {
  const char* name;
  Type type;
  bool required;
  const char* about;
  const Schema* record = nullptr;  // of a Record or Records
  const char* choices = nullptr;   // of a String that is one of these words: "table|json"
};
struct Schema {
  const char* name;
  const char* about;
  std::span<const Field> fields;
};

// Whether `object` has what these fields ask for. A member that no field names is an error, with
// the nearest name as hint: a daemon that passed over a member it does not know might leave out the
// one that makes a container safe.
Status check(spec::JsonValue object, std::span<const Field> fields);

// {"type":"object","properties":{...},"required":[...],"additionalProperties":false}; records as
// "$ref".
void write_schema(spec::JsonWriter& out, std::span<const Field> fields);
void write_field_schema(spec::JsonWriter& out, const Field& field);

}  // namespace protocol
