#include "runtime/cgroup/dbus_message.h"

namespace dbus {
namespace {

enum Field : uint8_t {
  kPath = 1,
  kInterface = 2,
  kMember = 3,
  kErrorName = 4,
  kReplySerial = 5,
  kDestination = 6,
  kSender = 7,
  kSignature = 8,
};

// what systemd says to us is a few hundred bytes; the specification allows 128 MiB
constexpr size_t kLargest = 1 << 20;

Error malformed(const char* what) {
  return Error::make(Code::CgroupFailed, "malformed D-Bus message: %s", what);
}

void field(Writer* out, Field code, const char* type, std::string_view value) {
  if (value.empty()) return;
  out->align(8);
  out->byte(code);
  out->signature(type);
  if (*type == 'g')
    out->signature(value);
  else
    out->text(value);
}

uint32_t number(std::string_view bytes, bool big_endian) {
  uint32_t value = 0;
  for (size_t i = 0; i < sizeof value; i++) {
    size_t at = big_endian ? i : sizeof value - 1 - i;
    value = value << 8 | static_cast<unsigned char>(bytes[at]);
  }
  return value;
}

}  // namespace

void Writer::align(size_t to) {
  bytes_.resize((bytes_.size() + to - 1) / to * to);
}

void Writer::u16(uint16_t value) {
  align(2);
  byte(static_cast<uint8_t>(value));
  byte(static_cast<uint8_t>(value >> 8));
}

void Writer::u32(uint32_t value) {
  align(4);
  for (int shift = 0; shift < 32; shift += 8) byte(static_cast<uint8_t>(value >> shift));
}

void Writer::u64(uint64_t value) {
  align(8);
  for (int shift = 0; shift < 64; shift += 8) byte(static_cast<uint8_t>(value >> shift));
}

void Writer::text(std::string_view value) {
  u32(static_cast<uint32_t>(value.size()));
  bytes_.append(value);
  byte(0);
}

void Writer::signature(std::string_view value) {
  byte(static_cast<uint8_t>(value.size()));
  bytes_.append(value);
  byte(0);
}

// The padding before the first element does not count as part of the array.
Writer::Array Writer::begin(size_t element_alignment) {
  align(4);
  size_t length_at = bytes_.size();
  u32(0);
  align(element_alignment);
  return {length_at, bytes_.size()};
}

void Writer::end(Array array) {
  size_t length = bytes_.size() - array.start;
  for (size_t i = 0; i < 4; i++) bytes_[array.length_at + i] = static_cast<char>(length >> (8 * i));
}

Result<std::string_view> Reader::take(size_t count) {
  if (count > bytes_.size() - at_) return malformed("cut off");
  std::string_view taken = bytes_.substr(at_, count);
  at_ += count;
  return taken;
}

Status Reader::align(size_t to) {
  size_t padding = (to - at_ % to) % to;
  (void)TRY(take(padding));
  return {};
}

Result<uint8_t> Reader::byte() {
  std::string_view one = TRY(take(1));
  return static_cast<uint8_t>(one[0]);
}

Result<uint32_t> Reader::u32() {
  TRY(align(4));
  std::string_view bytes = TRY(take(4));
  return number(bytes, big_endian_);
}

Result<std::string> Reader::text() {
  uint32_t size = TRY(u32());
  std::string value(TRY(take(size)));
  (void)TRY(take(1));
  return value;
}

Result<std::string> Reader::signature() {
  uint8_t size = TRY(byte());
  std::string value(TRY(take(size)));
  (void)TRY(take(1));
  return value;
}

std::string encode(const Message& message) {
  Writer out;
  out.byte('l');
  out.byte(static_cast<uint8_t>(message.type));
  out.byte(0);  // flags: a reply is wanted
  out.byte(1);  // protocol version
  out.u32(static_cast<uint32_t>(message.body.size()));
  out.u32(message.serial);
  Writer::Array fields = out.begin(8);
  field(&out, kPath, "o", message.path);
  field(&out, kInterface, "s", message.interface);
  field(&out, kMember, "s", message.member);
  field(&out, kErrorName, "s", message.error_name);
  if (message.reply_serial != 0) {
    out.align(8);
    out.byte(kReplySerial);
    out.signature("u");
    out.u32(message.reply_serial);
  }
  field(&out, kDestination, "s", message.destination);
  field(&out, kSender, "s", message.sender);
  field(&out, kSignature, "g", message.signature);
  out.end(fields);
  out.align(8);
  return out.bytes() + message.body;
}

Result<size_t> message_size(std::string_view header) {
  if (header.size() < kFixedHeader) return malformed("cut off");
  if ((header[0] != 'l' && header[0] != 'B') || header[3] != 1)
    return malformed("unknown protocol");
  bool big_endian = header[0] == 'B';
  size_t body = number(header.substr(4), big_endian);
  size_t fields = number(header.substr(12), big_endian);
  if (body > kLargest || fields > kLargest) return malformed("too long");
  return kFixedHeader + (fields + 7) / 8 * 8 + body;
}

Result<Message> decode(std::string_view bytes) {
  size_t size = TRY(message_size(bytes));
  if (size != bytes.size()) return malformed("length differs");
  Message message;
  message.big_endian = bytes[0] == 'B';
  message.type = static_cast<Type>(bytes[1]);
  size_t body_size = number(bytes.substr(4), message.big_endian);
  message.serial = number(bytes.substr(8), message.big_endian);
  size_t fields_end = kFixedHeader + number(bytes.substr(12), message.big_endian);
  message.body = bytes.substr(size - body_size);
  Reader in(bytes.substr(0, fields_end), message.big_endian);
  for (size_t i = 0; i < kFixedHeader; i++) (void)TRY(in.byte());
  while (in.position() < fields_end) {
    TRY(in.align(8));
    uint8_t code = TRY(in.byte());
    std::string type = TRY(in.signature());
    std::string value;
    uint32_t numeric = 0;
    if (type == "s" || type == "o")
      value = TRY(in.text());
    else if (type == "g")
      value = TRY(in.signature());
    else if (type == "u")
      numeric = TRY(in.u32());
    else
      return malformed("header field of an unknown type");
    switch (code) {
      case kPath: message.path = value; break;
      case kInterface: message.interface = value; break;
      case kMember: message.member = value; break;
      case kErrorName: message.error_name = value; break;
      case kReplySerial: message.reply_serial = numeric; break;
      case kDestination: message.destination = value; break;
      case kSender: message.sender = value; break;
      case kSignature: message.signature = value; break;
      default: break;  // what a later version adds
    }
  }
  return message;
}

}  // namespace dbus
