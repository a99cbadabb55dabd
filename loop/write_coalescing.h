#pragma once
/// Which writes of a stream are held, so that they leave together with the next one, in one system call.
///
/// A stream that wrote several times in its last callback (a header, then a body) is expected to do so again: all
/// writes but the last of as many are held. Held bytes leave with the last one, and at the latest when the callback
/// returns:
///
///     callback  1   send(header)  send(body)            two writes: nothing was expected
///     callback  2   hold(header)  send(header, body)
///     callback  3   hold(header)  ...returns, send(header)
///     callback  4   send(header)                        one write was expected
///
/// A stream that held something for longer than kLongestHoldNs holds nothing for some callbacks: its callbacks do
/// other things between two writes, and its peer should not wait for these.
///
/// Thread: the loop's. Owner: the stream's. Units: bytes, ns of CLOCK_MONOTONIC.

#include <cstddef>
#include <cstdint>

namespace loopscope::loop {

class WriteCoalescing {
 public:
  static constexpr std::size_t kMostHeldBytes = 16 * 1024;
  static constexpr std::size_t kMostHeldWrites = 32;
  static constexpr std::int64_t kLongestHoldNs = 1'000'000;
  static constexpr std::uint16_t kCallbacksWithoutHold = 64;

  /// To be asked once a write, of `size` bytes: true if it is held, false if it leaves now with all that was held.
  bool hold(std::size_t size, std::int64_t now_ns);
  /// What was held has left, or has to wait for the kernel now.
  void released(std::int64_t now_ns);
  /// The callback that wrote has returned; nothing is held any more.
  void callback_returned();

  [[nodiscard]] bool holding() const { return held_writes_ != 0; }
  /// True if the callback that runs has written.
  [[nodiscard]] bool wrote() const { return made_ != 0; }
  /// True if hold() may answer true: only then does it look at the clock.
  [[nodiscard]] bool expects_more() const { return made_ + 1 < expected_ && without_hold_ == 0; }

 private:
  std::int64_t held_since_ns_ = 0;
  std::uint32_t held_bytes_ = 0;
  std::uint16_t held_writes_ = 0;
  std::uint16_t made_ = 0;  ///< writes of this callback
  std::uint16_t expected_ = 0;
  std::uint16_t without_hold_ = 0;  ///< callbacks to come
};

}  // namespace loopscope::loop
