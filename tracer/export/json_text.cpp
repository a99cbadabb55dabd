#include "tracer/export/json_text.h"

#include <cstddef>

namespace loopscope::tracer {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

bool continues(std::string_view text, std::size_t at) {
  return at < text.size() && (byte_at(text, at) & 0xC0U) == 0x80U;
}

/// Bytes of the character that begins at `at`; 0 if none does. (Unicode 15, table 3-7: no overlong forms, no
/// surrogates, nothing beyond U+10FFFF.)
std::size_t character_bytes(std::string_view text, std::size_t at) {
  const auto first = byte_at(text, at);
  if (first < 0x80)
    return 1;
  if (first < 0xC2 || first > 0xF4)
    return 0;
  if (!continues(text, at + 1))
    return 0;
  if (first < 0xE0)
    return 2;
  const auto second = byte_at(text, at + 1);
  if (first < 0xF0) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second > 0x9F;
    return !overlong && !surrogate && continues(text, at + 2) ? 3 : 0;
  }
  const bool overlong = first == 0xF0 && second < 0x90;
  const bool beyond = first == 0xF4 && second > 0x8F;
  return !overlong && !beyond && continues(text, at + 2) && continues(text, at + 3) ? 4 : 0;
}

void append_control(std::string& to, unsigned char control) {
  constexpr std::string_view kHex = "0123456789abcdef";
  to += "\\u00";
  to += kHex[control >> 4U];
  to += kHex[control & 0xFU];
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto bytes = character_bytes(text, at);
    valid += bytes == 0 ? kReplacement : text.substr(at, bytes);
    at += bytes == 0 ? 1 : bytes;
  }
  return valid;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  key(name);
  quote(value);
  return *this;
}

JsonObject& JsonObject::number(std::string_view name, std::int64_t value) {
  key(name);
  line_ += std::to_string(value);
  return *this;
}

JsonObject& JsonObject::id(std::string_view name, std::uint64_t value) {
  key(name);
  line_ += std::to_string(value);
  return *this;
}

JsonObject& JsonObject::truth(std::string_view name, bool value) {
  key(name);
  line_ += value ? "true" : "false";
  return *this;
}

JsonObject& JsonObject::null(std::string_view name) {
  key(name);
  line_ += "null";
  return *this;
}

void JsonObject::key(std::string_view name) {
  if (line_.size() > 1)
    line_ += ',';
  quote(name);
  line_ += ':';
}

void JsonObject::quote(std::string_view text) {
  line_ += '"';
  for (std::size_t at = 0; at < text.size();) {
    const auto bytes = character_bytes(text, at);
    const auto first = byte_at(text, at);
    if (bytes == 0)
      line_ += kReplacement;
    else if (first == '"' || first == '\\')
      (line_ += '\\') += static_cast<char>(first);
    else if (first < 0x20 || first == 0x7F)
      append_control(line_, first);
    else
      line_ += text.substr(at, bytes);
    at += bytes == 0 ? 1 : bytes;
  }
  line_ += '"';
}

}  // namespace loopscope::tracer
