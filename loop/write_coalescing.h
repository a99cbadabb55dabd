#pragma once
/// Which writes of a stream the kernel is told to hold, so that they leave together with the next one.
///
/// A stream that wrote several times in its last callback (a header, then a body) will probably do so again. So the kernel
/// holds all of as many writes but the last. They leave together with the last one, or when the callback returns:
///
///     callback  1   send(header)  send(body)            two writes: nothing was expected
///     callback  2   hold(header)  send(body)            the kernel sends both at once
///     callback  3   hold(header)  ...returns, push()
///     callback  4   send(header)                        one write was expected
///
/// A stream that held something for longer than kLongestHoldNs holds nothing for some callbacks. Its callbacks do
/// other things between two writes, and its peer should not wait for that.
///
/// This class decides. Stream tells the kernel. Thread: the loop's. Owner: the stream's. Units: bytes, ns of
/// CLOCK_MONOTONIC.

#include <cstddef>
#include <cstdint>

namespace loopscope::loop {

class WriteCoalescing {
 public:
  static constexpr std::size_t kMostHeldBytes = 16 * 1024;
  static constexpr std::int64_t kLongestHoldNs = 1'000'000;
  static constexpr std::uint16_t kCallbacksWithoutHold = 64;

  /// To be called once a write, before count(): true if it is held until the next one.
  [[nodiscard]] bool hold(std::size_t size, std::int64_t now_ns);
  /// To be called once a write.
  void count();
  /// What was held has left.
  void released(std::int64_t now_ns);
  /// The callback that wrote has returned; nothing is held any more.
  void callback_returned();

  [[nodiscard]] bool holding() const { return held_bytes_ != 0; }
  /// True if the callback that runs has written.
  [[nodiscard]] bool wrote() const { return made_ != 0; }
  /// True if the next write is probably not this callback's last: only then need hold() be asked.
  [[nodiscard]] bool expects_more() const { return made_ + 1 < expected_ && without_hold_ == 0; }

 private:
  std::int64_t held_since_ns_ = 0;
  std::uint32_t held_bytes_ = 0;
  std::uint16_t made_ = 0;  ///< writes of this callback
  std::uint16_t expected_ = 0;
  std::uint16_t without_hold_ = 0;  ///< callbacks to come
};

}  // namespace loopscope::loop
