/// Verbs about what takes time beside the loop's own work: garbage collections and the jobs of thread pools.

#include "tracer/write/recorder.h"

namespace loopscope::tracer {

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

}  // namespace loopscope::tracer
