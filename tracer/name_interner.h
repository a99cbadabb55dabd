#pragma once
/// Names of functions, written once each into the session's name table and known by a number from then on.
///
/// Thread: the loop's. Owner: of the private map from keys to ids; the name table is the session's.
/// Errors: a full table answers kNoName and counts the function in Counters::names_lost, once.
/// Cost: find() is a hash and a compare; only a first sight writes, and may grow the map.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tracer/format.h"

namespace loopscope::tracer {

/// As much of `text` as fits into `limit_bytes` without cutting a UTF-8 character in two.
std::string_view cut_utf8(std::string_view text, std::size_t limit_bytes);

class NameInterner {
 public:
  NameInterner() = default;  ///< knows nothing and learns nothing
  NameInterner(char* table, std::uint64_t table_bytes, Counters* counters);

  /// `key` is any pointer but null that means the same function as long as the session lives.
  NameId intern(const void* key, std::string_view name, std::string_view file, std::uint32_t line);

  [[nodiscard]] NameId find(const void* key) const {
    if (entries_.empty())
      return kNoName;
    return entries_[place_of(key)].id;
  }

 private:
  struct Entry {
    const void* key = nullptr;
    NameId id = kNoName;
  };

  /// Where `key` is, or the free entry where it would be. The map is never full.
  [[nodiscard]] std::size_t place_of(const void* key) const {
    const auto mask = entries_.size() - 1;
    auto place = hash(key) & mask;
    while (entries_[place].key != nullptr && entries_[place].key != key) place = (place + 1) & mask;
    return place;
  }
  static std::size_t hash(const void* key) {
    const auto bits = reinterpret_cast<std::uintptr_t>(key) * 0x9E3779B97F4A7C15U;
    return bits >> 32U;
  }
  void grow();
  NameId append(std::string_view name, std::string_view file, std::uint32_t line);

  char* table_ = nullptr;
  std::uint64_t table_bytes_ = 0;
  Counters* counters_ = nullptr;
  std::vector<Entry> entries_;  ///< open addressing, a power of two
  std::size_t used_ = 0;
};

}  // namespace loopscope::tracer
