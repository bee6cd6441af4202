// The wire format of D-Bus messages (D-Bus specification, "Type System" and "Message Protocol"): as
// much as calls to systemd need. Pure functions on bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace dbus {

// Appends values, aligned as their types want it. Starts at an offset that is a multiple of 8.
class Writer {
 public:
  void byte(uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void u16(uint16_t value);
  void u32(uint32_t value);
  void u64(uint64_t value);
  void boolean(bool value) { u32(value ? 1 : 0); }
  void text(std::string_view value);       // s and o
  void signature(std::string_view value);  // g, and what a variant starts with
  void align(size_t to);
  // An array: begin() with the alignment of an element (8 for a struct), the elements, end() with
  // what begin() gave.
  struct Array {
    size_t length_at, start;
  };
  Array begin(size_t element_alignment);
  void end(Array array);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// The other way. What it reads may be cut off or lie about lengths: an error, Code::CgroupFailed,
// then.
class Reader {
 public:
  Reader(std::string_view bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}
  Result<uint8_t> byte();
  Result<uint32_t> u32();
  Result<std::string> text();
  Result<std::string> signature();
  Status align(size_t to);
  size_t position() const { return at_; }

 private:
  Result<std::string_view> take(size_t count);
  std::string_view bytes_;
  size_t at_ = 0;
  bool big_endian_;
};

enum class Type : uint8_t { Call = 1, Return = 2, Failure = 3, Signal = 4 };

struct Message {
  Type type = Type::Call;
  uint32_t serial = 0;
  uint32_t reply_serial = 0;  // Return, Failure: the call's serial
  std::string path, interface, member, destination, error_name, signature;
  std::string sender;  // the daemon's word for it; empty without a daemon
  std::string body;
  bool big_endian = false;  // of body
};

std::string encode(const Message& message);  // little endian

// From the first 16 bytes: the size of the whole message. Refuses what cannot be one.
constexpr size_t kFixedHeader = 16;
Result<size_t> message_size(std::string_view fixed_header);
Result<Message> decode(std::string_view bytes);

}  // namespace dbus
