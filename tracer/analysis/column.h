#pragma once
/// An append-only column of slices that forgets from the front.
///
/// Slices are pushed when they are complete, in order of their begin. Where they are searched by time they must not
/// overlap. Indices are absolute: they stay valid when the front is dropped, or become older than first(). Each chunk keeps
/// a summary, so a question about a long range looks at chunks and not at slices. A copy shares the full chunks, so a
/// paused view costs little while the column goes on.
/// Thread: one. Owner: of its slices. Errors: none; indices must lie in [first(), last()).

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

namespace loopscope::tracer {

/// Summary of a run of slices: the longest one, and where it is.
struct Worst {
  std::uint64_t index = 0;
  std::int64_t duration_ns = -1;  ///< -1: there is no slice
  template <typename Slice>
  void add(const Slice& slice, std::uint64_t at) {
    const std::int64_t duration = slice.end_ns - slice.begin_ns;
    if (duration > duration_ns)
      *this = {at, duration};
  }
  void merge(const Worst& other) {
    if (other.duration_ns > duration_ns)
      *this = other;
  }
};

/// `kChunkSlices` should be small where there are many columns with few slices each.
template <typename Slice, typename Summary = Worst, std::uint64_t kChunkSlices = 256>
class Column {
 public:
  static constexpr std::uint64_t kChunk = kChunkSlices;

  Column() = default;
  Column(const Column& other) { *this = other; }
  Column& operator=(const Column& other) {
    chunks_ = other.chunks_;
    if (!chunks_.empty())  // the copy must not share the chunk that the next push() writes to
      chunks_.back() = std::make_shared<Chunk>(*chunks_.back());
    chunk_base_ = other.chunk_base_;
    first_ = other.first_;
    last_ = other.last_;
    looks_ = other.looks_;
    dropped_until_ns_ = other.dropped_until_ns_;
    return *this;
  }
  Column(Column&&) noexcept = default;
  Column& operator=(Column&&) noexcept = default;
  ~Column() = default;

  [[nodiscard]] std::uint64_t first() const { return first_; }
  [[nodiscard]] std::uint64_t last() const { return last_; }  ///< one past the newest
  [[nodiscard]] std::uint64_t size() const { return last_ - first_; }
  [[nodiscard]] bool empty() const { return first_ == last_; }
  /// Until when slices were dropped: the end of the newest one of them. From then on the column has all that was pushed. 0: none was.
  [[nodiscard]] std::int64_t dropped_until_ns() const { return dropped_until_ns_; }
  /// How many slices and summaries were read so far. Tests use it to bound what questions cost.
  [[nodiscard]] std::uint64_t looks() const { return looks_; }
  [[nodiscard]] const Slice& operator[](std::uint64_t index) const {
    ++looks_;
    const std::uint64_t offset = index - chunk_base_;
    return chunks_[offset / kChunk]->slices[offset % kChunk];
  }
  [[nodiscard]] const Slice& back() const { return (*this)[last_ - 1]; }

  void push(const Slice& slice) {
    const std::uint64_t offset = last_ - chunk_base_;
    if (offset == chunks_.size() * kChunk)
      chunks_.push_back(std::make_shared<Chunk>());
    Chunk& chunk = *chunks_.back();
    chunk.slices[offset % kChunk] = slice;
    chunk.summary.add(slice, last_);
    ++last_;
  }

  /// Drops whole chunks: those that ended before `before_ns`, and more until at most `limit` slices are left. The newest
  /// chunk stays.
  void forget(std::int64_t before_ns, std::uint64_t limit) {
    while (chunks_.size() > 1 && (chunks_.front()->slices[kChunk - 1].end_ns < before_ns || size() > limit)) {
      dropped_until_ns_ = chunks_.front()->slices[kChunk - 1].end_ns;
      chunks_.pop_front();
      chunk_base_ += kChunk;
      first_ = chunk_base_;
    }
  }

  /// The first slice that ends after `t_ns`; last() if none does.
  [[nodiscard]] std::uint64_t first_ending_after(std::int64_t t_ns) const {
    return search([t_ns](const Slice& slice) { return slice.end_ns <= t_ns; }, first_);
  }
  /// The first slice at or after `from` that begins at `t_ns` or later; last() if none does.
  [[nodiscard]] std::uint64_t first_beginning_at(std::int64_t t_ns, std::uint64_t from) const {
    return search([t_ns](const Slice& slice) { return slice.begin_ns < t_ns; }, from);
  }
  [[nodiscard]] std::uint64_t first_beginning_at(std::int64_t t_ns) const {
    return first_beginning_at(t_ns, first_);
  }

  /// The summary of the slices in [from, to).
  [[nodiscard]] Summary summarise(std::uint64_t from, std::uint64_t to) const {
    Summary summary{};
    while (from < to) {
      const std::uint64_t offset = from - chunk_base_;
      if (offset % kChunk == 0 && from + kChunk <= to) {
        ++looks_;
        summary.merge(chunks_[offset / kChunk]->summary);
        from += kChunk;
      } else {
        summary.add((*this)[from], from);
        ++from;
      }
    }
    return summary;
  }

 private:
  struct Chunk {
    std::array<Slice, kChunk> slices{};
    Summary summary{};
  };

  template <typename Before>
  [[nodiscard]] std::uint64_t search(Before before, std::uint64_t low) const {
    std::uint64_t high = last_;
    while (low < high) {
      const std::uint64_t middle = low + (high - low) / 2;
      if (before((*this)[middle])) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  std::deque<std::shared_ptr<Chunk>> chunks_;
  std::uint64_t chunk_base_ = 0;
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
  std::int64_t dropped_until_ns_ = 0;
  mutable std::uint64_t looks_ = 0;
};

}  // namespace loopscope::tracer
