#pragma once
/// A unit of work that the loop runs: a Handle, a TimerHandle, a transport that became readable.
///
/// Thread: the loop's. Owner: whoever embeds it; a queue that holds one holds one reference, which run() or
/// drop() gives back. Errors: run() does not throw; what goes wrong is the embedder's to report.
/// Units: ready() is in the recorder's ticks, or in CLOCK_MONOTONIC ns for timers.

#include <cstdint>

#include "tracer/format.h"
#include "tracer/write/recorder.h"

namespace loopscope::loop {

/// What a person would call a callback, and what is behind it.
struct Description {
  tracer::NameId name = tracer::kNoName;
  tracer::CallbackKind kind = tracer::CallbackKind::unknown;
  std::uint64_t object = 0;  ///< the task, timer or handle; 0 if there is none
};

class Callback {
 public:
  /// Takes one more reference, for a queue.
  virtual void retain() = 0;
  /// Runs it and gives one reference back.
  virtual void run() = 0;
  /// Gives one reference back without running it.
  virtual void drop() = 0;
  /// True if run() records what it calls by itself: a transport, which reads before it knows whom to call.
  [[nodiscard]] bool records_itself() const { return records_itself_; }
  void set_records_itself() { records_itself_ = true; }
  /// For the trace. Interns the name at its first sight; must not fail.
  virtual Description describe(tracer::Recorder& recorder) = 0;

  [[nodiscard]] bool cancelled() const { return cancelled_; }
  void set_cancelled() { cancelled_ = true; }
  [[nodiscard]] bool queued() const { return queued_; }
  void set_queued(bool queued) { queued_ = queued; }
  [[nodiscard]] bool in_heap() const { return in_heap_; }
  void set_in_heap(bool in_heap) { in_heap_ = in_heap; }

  [[nodiscard]] std::uint64_t ready() const { return ready_; }
  [[nodiscard]] bool ready_is_ns() const { return ready_is_ns_; }
  void set_ready_ticks(std::uint64_t ticks) { ready_ = ticks, ready_is_ns_ = false; }
  void set_ready_ns(std::uint64_t ns) { ready_ = ns, ready_is_ns_ = true; }

 protected:
  explicit Callback(bool records_itself = false) : records_itself_(records_itself) {}
  ~Callback() = default;

 private:
  std::uint64_t ready_ = 0;
  bool ready_is_ns_ = false;
  bool cancelled_ = false;
  bool records_itself_;
  bool queued_ = false;   ///< in a ReadyQueue
  bool in_heap_ = false;  ///< in a TimerHeap
};

}  // namespace loopscope::loop
