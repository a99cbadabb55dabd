#pragma once
/// Names of functions, written once each into the session's name table and known by a number from then on.
///
/// The table also has frames (tracer/format.h): stacks and chains of coroutines, each written once.
///
/// Keys are addresses. The caller calls forget() when an address no longer means the same function. Functions with the same
/// name, file and line share one name, so a function that is made a million times takes no more room than one. If a
/// program makes a million different ones, the newest have names; see tracer/name_layout.h.
///
/// Thread: the loop's. Owner: of the private maps from keys and texts to ids; the name table is the session's.
/// Errors: if there is no room at all, intern() answers kNoName and counts the function in TrackCounts::names_lost.
/// Cost: find() is a hash and a compare. Only a first sight writes, and may grow the maps. Beyond the kept names, one new name in
/// some thousand makes it walk through the maps.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tracer/format.h"
#include "tracer/name_layout.h"
#include "tracer/word_map.h"
#include "tracer/write/part_memory.h"

namespace loopscope::tracer {

/// As much of `text` as fits into `limit_bytes` without cutting a UTF-8 character in two.
std::string_view cut_utf8(std::string_view text, std::size_t limit_bytes);

class NameInterner {
 public:
  NameInterner() = default;  ///< knows nothing and learns nothing
  NameInterner(const PartMemory& table, TrackCounts* counts);

  /// `key` is any pointer but null that means the same function until it is forgotten.
  NameId intern(const void* key, std::string_view name, std::string_view file, std::uint32_t line);
  /// A function that no key means.
  NameId intern_function(std::string_view name, std::string_view file, std::uint32_t line);
  /// A text that no key means.
  NameId intern_text(std::string_view text);
  /// The frame of `function` at `line` that `caller` (a frame, or kNoName) called or awaits. Equal frames have one id.
  NameId intern_frame(NameId caller, NameId function, std::uint32_t line);
  [[nodiscard]] NameId find(const void* key) const {
    return static_cast<NameId>(by_key_.find(reinterpret_cast<std::uintptr_t>(key)));
  }
  /// The function of this key is gone. Another one may get its address.
  void forget(const void* key) { by_key_.erase(reinterpret_cast<std::uintptr_t>(key)); }
  /// False if the table holds the name no more. A caller that kept the id has to intern the function again.
  [[nodiscard]] bool holds(NameId id) const { return id < first_recycled_ || id >= first_left_; }

 private:
  struct Text {
    std::string_view name;
    std::string_view file;
    std::uint32_t line;
  };
  [[nodiscard]] const char* place_of(NameId id) const {
    return table_.items<char>() + layout_.place_of(std::uint64_t{id} * 8);
  }
  NameId intern(const Text& text);
  NameId find_text(std::uint64_t hash, const Text& text) const;
  [[nodiscard]] bool is_frame(NameId id, const FrameLinks& links, std::uint32_t line) const;
  /// Appends what is not there yet, and counts it if there is no room. `hash` is where it will be found.
  NameId append(std::uint64_t hash, const NameEntry& entry, std::string_view first, std::string_view second);
  void begin_segment(std::uint64_t offset);

  PartMemory table_;
  NameLayout layout_;
  TrackCounts* counts_ = nullptr;
  NameId first_recycled_ = UINT32_MAX;  ///< ids below it are kept
  NameId first_left_ = 0;               ///< of the others, those below it are gone
  WordMap by_key_;
  WordMap by_text_;  ///< from hashes; the table has the texts and the frames
};

}  // namespace loopscope::tracer
