#pragma once
/// A strict reader of JSON objects with flat values, to check what we write against the grammar of RFC 8259.

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace loopscope::tracer::testing {

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  /// Keys and values. Strings have no quotes; other values are as written. Nothing if it is no valid JSON.
  std::optional<std::map<std::string, std::string>> object() {
    std::map<std::string, std::string> fields;
    if (!take('{'))
      return std::nullopt;
    do {
      std::string key;
      std::string value;
      if (!string(key) || !take(':') || !this->value(value) || fields.contains(key))
        return std::nullopt;
      fields[key] = value;
    } while (take(','));
    if (!take('}') || at_ != text_.size())
      return std::nullopt;
    return fields;
  }

 private:
  bool take(char wanted) {
    if (at_ == text_.size() || text_[at_] != wanted)
      return false;
    ++at_;
    return true;
  }
  bool value(std::string& into) {
    if (at_ < text_.size() && text_[at_] == '"')
      return string(into);
    for (const std::string_view word : {"true", "false", "null"})
      if (text_.substr(at_).starts_with(word)) {
        into = word;
        at_ += word.size();
        return true;
      }
    return number(into);
  }
  bool number(std::string& into) {
    const auto begin = at_;
    take('-');
    const auto digits = at_;
    while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
    into = text_.substr(begin, at_ - begin);
    return at_ > digits && (text_[digits] != '0' || at_ == digits + 1);
  }
  bool string(std::string& into) {
    if (!take('"'))
      return false;
    while (at_ < text_.size()) {
      const auto byte = static_cast<unsigned char>(text_[at_++]);
      if (byte == '"')
        return true;
      if (byte < 0x20)
        return false;
      if (byte != '\\') {
        into += static_cast<char>(byte);
      } else if (!escape(into)) {
        return false;
      }
    }
    return false;
  }
  bool escape(std::string& into) {
    if (at_ == text_.size())
      return false;
    const char kind = text_[at_++];
    if (kind == '"' || kind == '\\') {
      into += kind;
      return true;
    }
    char32_t code_point = 0;
    if (kind != 'u' || !unit(code_point))
      return false;
    if (code_point >= 0xD800 && code_point < 0xDC00) {
      char32_t low = 0;
      if (!take('\\') || !take('u') || !unit(low) || low < 0xDC00 || low > 0xDFFF)
        return false;
      code_point = 0x10000 + ((code_point - 0xD800) << 10U) + (low - 0xDC00);
    }
    append_utf8(into, code_point);
    return true;
  }
  bool unit(char32_t& into) {
    const auto digits = text_.substr(at_, 4);
    const bool hex = digits.size() == 4 && std::all_of(digits.begin(), digits.end(), [](char digit) {
                       return std::isxdigit(static_cast<unsigned char>(digit)) != 0;
                     });
    if (!hex)
      return false;
    into = static_cast<char32_t>(std::stoi(std::string(digits), nullptr, 16));
    at_ += 4;
    return true;
  }
  static void append_utf8(std::string& to, char32_t code_point) {
    const auto tail = [&](unsigned shift) { to += static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU)); };
    if (code_point < 0x80) {
      to += static_cast<char>(code_point);
    } else if (code_point < 0x800) {
      to += static_cast<char>(0xC0U | (code_point >> 6U));
      tail(0);
    } else if (code_point < 0x10000) {
      to += static_cast<char>(0xE0U | (code_point >> 12U));
      tail(6), tail(0);
    } else {
      to += static_cast<char>(0xF0U | (code_point >> 18U));
      tail(12), tail(6), tail(0);
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace loopscope::tracer::testing
