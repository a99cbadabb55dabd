#pragma once
/// Where in a session's name table a name lies. The writing and the reading side both use it.
///
///     0                      kept                                                        names_bytes
///     +----------------------+-------------+-------------+-------------+-------------+
///     | kept: append-only    | segment 0   | segment 1   | segment 2   | segment 3   |
///     +----------------------+-------------+-------------+-------------+-------------+
///
/// Offsets of names only grow. The first names are kept as long as the session lives. When `kept` is full, later names
/// fill the segments one after the other, again and again. So the newest names are there, however many functions a program makes.
/// Before the writer fills a segment again it raises Counters::names_gone_bytes: names at offsets from `kept` up to there are gone.
/// No name crosses the end of a part. Thread: any. Errors: a table too small for segments has none.

#include <cstdint>

#include "tracer/format.h"

namespace loopscope::tracer {

class NameLayout {
 public:
  static constexpr std::uint64_t kSegments = 4;

  NameLayout() = default;
  explicit constexpr NameLayout(std::uint64_t names_bytes)
      : segment_(names_bytes / 2 / kSegments / 8 * 8), kept_((names_bytes - segment_ * kSegments) / 8 * 8) {
    if (segment_ < kLeastSegmentBytes) {
      segment_ = 0;
      kept_ = names_bytes / 8 * 8;
    }
  }

  [[nodiscard]] constexpr std::uint64_t kept_bytes() const { return kept_; }
  [[nodiscard]] constexpr bool is_kept(std::uint64_t offset) const { return offset < kept_; }
  /// Does the table hold a name at `offset` at all, sooner or later?
  [[nodiscard]] constexpr bool has(std::uint64_t offset) const { return is_kept(offset) || segment_ != 0; }
  /// Bytes into the table.
  [[nodiscard]] constexpr std::uint64_t place_of(std::uint64_t offset) const {
    return is_kept(offset) ? offset : kept_ + (offset - kept_) % (kSegments * segment_);
  }
  /// The offset at which the part that `offset` lies in ends.
  [[nodiscard]] constexpr std::uint64_t end_of_part(std::uint64_t offset) const {
    return is_kept(offset) ? kept_ : offset + segment_ - (offset - kept_) % segment_;
  }
  /// names_gone_bytes from the moment on that the segment at `offset` is filled. 0: nothing was in it.
  [[nodiscard]] constexpr std::uint64_t gone_before(std::uint64_t offset) const {
    const auto all = kSegments * segment_;
    return offset < kept_ + all ? 0 : offset + segment_ - all;
  }
  [[nodiscard]] constexpr bool begins_segment(std::uint64_t offset) const {
    return !is_kept(offset) && (offset - kept_) % segment_ == 0;
  }

 private:
  static constexpr std::uint64_t kLeastSegmentBytes = 4096;
  static_assert(kLeastSegmentBytes > 2 * (sizeof(NameEntry) + kMaxNameBytes + kMaxFileBytes));

  std::uint64_t segment_ = 0;
  std::uint64_t kept_ = 0;
};

}  // namespace loopscope::tracer
