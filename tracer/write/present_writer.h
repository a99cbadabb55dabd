#pragma once
/// The writing half of Present: the words that changed, copied under its sequence lock.
///
/// Thread: the loop's. Owner: does not own the memory; a WritableSession does and outlives it. Errors: none.
/// Cost: a store for each word that changed, and two for the lock. Fields that share a word are put together in
/// registers: writing them one by one and reading them back as a word would cost more than everything else.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "tracer/format.h"

namespace loopscope::tracer {

class PresentWriter {
 public:
  PresentWriter() = default;  ///< writes nowhere; no verb may be called
  /// Goes on from what `present` holds.
  explicit PresentWriter(Present& present);

  struct Callback {
    std::uint64_t since_ticks = 0;
    std::uint64_t object = 0;
    NameId name = kNoName;
    CallbackKind kind = CallbackKind::unknown;
  };
  struct Poll {
    PollReason reason;
    std::int32_t timeout_ms;
    NameId culprit;
    std::uint64_t iteration;
    std::uint64_t ready_depth;
    std::uint64_t timers_pending;
    std::uint64_t next_timer_ns;
  };

  void phase(Phase phase, std::uint64_t now) {
    set_state(0, static_cast<std::uint8_t>(phase));
    change([&](std::uint64_t* words) { store(words, kPhaseSince, now); });
  }
  void ready_phase(Phase phase, std::uint64_t now, std::uint64_t ready_depth) {
    set_state(0, static_cast<std::uint8_t>(phase));
    change([&](std::uint64_t* words) {
      store(words, kPhaseSince, now);
      store(words, kReadyDepth, ready_depth);
    });
  }
  void poll(const Poll& poll, std::uint64_t now) {
    set_state(0, static_cast<std::uint8_t>(Phase::poll));
    set_state(3, static_cast<std::uint8_t>(poll.reason));
    change([&](std::uint64_t* words) {
      store(words, kPhaseSince, now);
      store(words, kIteration, poll.iteration);
      store(words, kPoll,
            std::uint64_t{static_cast<std::uint32_t>(poll.timeout_ms)} | std::uint64_t{poll.culprit} << 32U);
      store(words, kPollBegin, now);
      store(words, kReadyDepth, poll.ready_depth);
      store(words, kTimersPending, poll.timers_pending);
      store(words, kNextTimer, poll.next_timer_ns);
    });
  }
  void poll_back(std::uint64_t now) { store(words_, kPollBack, now); }
  void poll_awake(std::uint64_t back, std::uint64_t now) {
    store(words_, kPollBack, back);
    store(words_, kPollAwake, now);
  }
  /// Since when the outermost callback runs. To be said before one that is nested in it.
  void outer_callback(std::uint64_t since) { store(words_, kOuterSince, since); }
  /// The innermost callback, `depth` deep.
  void callback(const Callback& callback, std::uint32_t depth) {
    callback_word_ = callback.name | std::uint64_t{static_cast<std::uint8_t>(callback.kind)} << 32U;
    change([&, word = callback_word_ | depth_bits(depth)](std::uint64_t* words) {
      store(words, kCallbackSince, callback.since_ticks);
      store(words, kCallbackObject, callback.object);
      store(words, kCallback, word);
    });
  }
  void no_callback() {
    callback_word_ = 0;
    change([](std::uint64_t* words) { store(words, kCallback, 0); });
  }
  /// One more, or one fewer, of those that are too deep to be remembered.
  void callback_depth(std::uint32_t depth) {
    change([word = callback_word_ | depth_bits(depth)](std::uint64_t* words) { store(words, kCallback, word); });
  }
  void level(Level in_force, Level own);
  void running(bool running, Phase phase, std::uint64_t now);
  /// The kernel's id of the thread that runs the loop.
  void loop_thread(std::uint64_t thread);
  void anchor(const ClockAnchor& anchor);
  void stall_threshold(std::uint64_t threshold_ns) { store(words_, kStallThreshold, threshold_ns); }
  void ended();

 private:
  static constexpr std::size_t kPhaseSince = offsetof(Present, phase_since_ticks) / 8;
  static constexpr std::size_t kIteration = offsetof(Present, iteration) / 8;
  static constexpr std::size_t kPoll = offsetof(Present, poll_timeout_ms) / 8;
  static constexpr std::size_t kPollBegin = offsetof(Present, poll_begin_ticks) / 8;
  static constexpr std::size_t kCallback = offsetof(Present, callback_name) / 8;
  static constexpr std::size_t kCallbackSince = offsetof(Present, callback_since_ticks) / 8;
  static constexpr std::size_t kCallbackObject = offsetof(Present, callback_object) / 8;
  static constexpr std::size_t kReadyDepth = offsetof(Present, ready_depth) / 8;
  static constexpr std::size_t kTimersPending = offsetof(Present, timers_pending) / 8;
  static constexpr std::size_t kNextTimer = offsetof(Present, next_timer_ns) / 8;
  static constexpr std::size_t kAnchor = offsetof(Present, anchor_last) / 8;
  static constexpr std::size_t kOwnLevel = offsetof(Present, own_level) / 8;
  static_assert(offsetof(Present, own_level) % 8 == 0);
  static constexpr std::size_t kLoopThread = offsetof(Present, loop_thread) / 8;
  static constexpr std::size_t kPollBack = offsetof(Present, poll_back_ticks) / 8;
  static constexpr std::size_t kPollAwake = offsetof(Present, poll_awake_ticks) / 8;
  static constexpr std::size_t kOuterSince = offsetof(Present, outer_since_ticks) / 8;
  static constexpr std::size_t kStallThreshold = offsetof(Present, stall_threshold_ns) / 8;
  static_assert(offsetof(Present, phase) == 4 && offsetof(Present, level) == 5 &&
                offsetof(Present, running) == 6 && offsetof(Present, poll_reason) == 7);
  static_assert(offsetof(Present, poll_culprit) == offsetof(Present, poll_timeout_ms) + 4);
  static_assert(offsetof(Present, callback_kind) == offsetof(Present, callback_name) + 4 &&
                offsetof(Present, callback_depth) == offsetof(Present, callback_name) + 5 &&
                offsetof(Present, ended) == offsetof(Present, callback_name) + 6);

  static void store(std::uint64_t* words, std::size_t word, std::uint64_t value,
                    std::memory_order order = std::memory_order_relaxed) {
    std::atomic_ref(words[word]).store(value, order);
  }
  /// Byte `place` of phase, level, running, poll_reason; readers see it with the next unlock().
  void set_state(unsigned place, std::uint8_t value) {
    const auto shift = 32U + 8U * place;
    state_ = (state_ & ~(std::uint64_t{0xFF} << shift)) | std::uint64_t{value} << shift;
  }
  static std::uint64_t depth_bits(std::uint32_t depth) {
    return std::uint64_t{depth < 255U ? depth : 255U} << 40U;
  }
  /// write(words) stores under the lock. Everything of this object is read and written before, because the compiler believes
  /// that a store to the words may change it, and would read it again after each.
  template <typename Write>
  void change(Write write) {
    std::uint64_t* const words = words_;
    const std::uint64_t before = std::exchange(shown_state_, state_);
    const std::uint64_t after = state_;
    const std::uint32_t sequence = sequence_;
    sequence_ = sequence + 2;
    store(words, 0, before | (sequence + 1));
    std::atomic_thread_fence(std::memory_order_release);
    write(words);
    store(words, 0, after | (sequence + 2), std::memory_order_release);
  }

  std::uint64_t* words_ = nullptr;
  std::uint32_t sequence_ = 0;
  std::uint64_t state_ = 0;        ///< the first word without the sequence
  std::uint64_t shown_state_ = 0;  ///< as readers see it now
  std::uint64_t callback_word_ = 0;
};

}  // namespace loopscope::tracer
