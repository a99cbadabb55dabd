#include "tracer/export/json_text.h"

#include <cstddef>

#include "tracer/read/printable.h"

namespace loopscope::tracer {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void append_unit(std::string& to, char32_t unit) {
  constexpr std::string_view kHex = "0123456789abcdef";
  to += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) to += kHex[(unit >> static_cast<unsigned>(shift)) & 0xFU];
}

/// In UTF-16, as JSON has it.
void append_escaped(std::string& to, char32_t code_point) {
  if (code_point < 0x10000)
    return append_unit(to, code_point);
  append_unit(to, 0xD800 + ((code_point - 0x10000) >> 10U));
  append_unit(to, 0xDC00 + ((code_point - 0x10000) & 0x3FFU));
}

}  // namespace

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
    const auto [bytes, code_point] = character_at(text, at);
    if (code_point == kNoCharacter)
      line_ += kReplacement;
    else if (code_point == '"' || code_point == '\\')
      (line_ += '\\') += static_cast<char>(code_point);
    else if (is_plain(code_point))
      line_ += text.substr(at, bytes);
    else
      append_escaped(line_, code_point);
    at += bytes;
  }
  line_ += '"';
}

}  // namespace loopscope::tracer
