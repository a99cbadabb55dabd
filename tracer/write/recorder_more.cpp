#include <cstddef>

#include "tracer/write/recorder.h"

namespace loopscope::tracer {

// -- the ready queue and what the kernel watches -------------------------------------------------------------------

void Recorder::leave_queue(Unqueued how) {
  unqueued_ = how == Unqueued::cleared ? queued_ : unqueued_ + 1;
  put({ticks(), EventType::unqueued, phase_, static_cast<std::uint8_t>(how), 0, kNoName, unqueued_, 0});
}

void Recorder::change_watch(std::uint64_t handle, int fd, std::uint8_t interest, std::uint8_t flags) {
  put({ticks(), EventType::watch_changed, phase_, interest, flags, kNoName, handle,
       static_cast<std::uint64_t>(std::int64_t{fd})});
  constexpr auto kWord = offsetof(HandleSlot, name);
  constexpr auto kShift = 8 * (offsetof(HandleSlot, interest) - kWord);
  handles_.change(handle, [&](auto& slot) {
    slot.put(kWord, (slot.get(kWord) & ~(std::uint64_t{0xFF} << kShift)) | std::uint64_t{interest} << kShift);
  });
}

// -- what else takes time --------------------------------------------------------------------------------------------

namespace {

std::uint8_t by(bool other_thread) {
  return other_thread ? kOtherThread : std::uint8_t{0};
}

}  // namespace

void Recorder::gc_begin(int generation, bool other_thread) {
  if (on())
    put({ticks(), EventType::gc_begin, phase_, static_cast<std::uint8_t>(generation), by(other_thread), kNoName, 0,
         0});
}

void Recorder::gc_end(int generation, std::uint64_t collected, std::uint64_t uncollectable, bool other_thread) {
  if (on())
    put({ticks(), EventType::gc_end, phase_, static_cast<std::uint8_t>(generation), by(other_thread), kNoName,
         collected, uncollectable});
}

std::uint64_t Recorder::job_queued(JobKind kind, NameId function) {
  if (!callbacks())
    return 0;
  put({ticks(), EventType::job_queued, phase_, static_cast<std::uint8_t>(kind), 0, function, ++last_job_, 0});
  return last_job_;
}

void Recorder::job_begun(std::uint64_t id, NameId worker) {
  if (id != 0 && callbacks())
    put({ticks(), EventType::job_begun, phase_, 0, kOtherThread, worker, id, 0});
}

void Recorder::job_ended(std::uint64_t id, JobEnd end, bool other_thread) {
  if (id != 0 && callbacks())
    put({ticks(), EventType::job_ended, phase_, static_cast<std::uint8_t>(end), by(other_thread), kNoName, id, 0});
}

// -- what the program says about itself --------------------------------------------------------------------------------

void Recorder::mark(NameId text, NameId details, std::uint64_t task) {
  if (on())
    put({ticks(), EventType::mark, phase_, 0, 0, text, details, task});
}

std::uint64_t Recorder::span_begin(NameId text, NameId details) {
  if (!on())
    return 0;
  put({ticks(), EventType::span_begin, phase_, 0, 0, text, ++last_span_, details});
  return last_span_;
}

void Recorder::span_end(std::uint64_t id, NameId text) {
  if (id != 0 && on())
    put({ticks(), EventType::span_end, phase_, 0, 0, text, id, 0});
}

}  // namespace loopscope::tracer
