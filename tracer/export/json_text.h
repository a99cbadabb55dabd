#pragma once
/// Building one line of JSON. Thread: one per object. Errors: none; bytes that are no UTF-8 become U+FFFD, what a
/// terminal might obey is escaped (tracer/read/printable.h): nothing of it is lost.

#include <cstdint>
#include <string>
#include <string_view>

namespace loopscope::tracer {

/// Appends the fields of one object to `line`.
class JsonObject {
 public:
  explicit JsonObject(std::string& line) : line_(line) { line_.assign(1, '{'); }
  JsonObject& text(std::string_view key, std::string_view value);
  JsonObject& number(std::string_view key, std::int64_t value);
  JsonObject& id(std::string_view key, std::uint64_t value);
  JsonObject& truth(std::string_view key, bool value);
  JsonObject& null(std::string_view key);
  void end() { line_ += "}\n"; }

 private:
  void key(std::string_view name);
  void quote(std::string_view text);
  std::string& line_;
};

}  // namespace loopscope::tracer
