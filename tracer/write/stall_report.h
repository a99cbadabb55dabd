#pragma once
/// The latest stall of a loop, kept for the program itself: in debug mode it writes a log record.
///
/// Thread: keep() is called by the watchdog's, the others by the loop's. Owner: of copies. Errors: std::bad_alloc.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/format.h"
#include "tracer/write/stack_source.h"
#include "tracer/write/stall_track.h"

namespace loopscope::tracer {

/// Where the thread stood at some of a stall's samples, and what it did there.
struct StallPlace {
  struct Frame {
    std::string function;
    std::string file;
    std::uint32_t line;
    bool operator==(const Frame&) const = default;
  };
  std::vector<Frame> stack;  ///< innermost first; empty if none could be read
  ThreadDoing doing;
  std::string system_call;  ///< empty: in none, or not known
  std::uint64_t samples;
};

class LatestStall {
 public:
  /// Nothing is kept before somebody wants it.
  void want() { wanted_.store(true, std::memory_order_relaxed); }
  void keep(const OpenSpan& span, ThreadDoing doing, std::string_view system_call, const StackCopy& stack);
  /// Of the stall that was kept, once: the place of the most samples.
  std::optional<StallPlace> take();

 private:
  static constexpr std::size_t kMostPlaces = 32;  ///< samples of further ones are not kept

  std::atomic<bool> wanted_ = false;
  std::mutex mutex_;
  std::uint64_t since_ticks_ = 0;
  std::vector<StallPlace> places_;
};

}  // namespace loopscope::tracer
