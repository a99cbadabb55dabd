#pragma once
/// Decoded events, written by hand. A trace for a test is a list of them.

#include <vector>

#include "tracer/analysis/trace_model.h"

namespace loopscope::testing {

using tracer::CallbackKind;
using tracer::EventType;
using tracer::NameId;
using tracer::Phase;
using tracer::PollReason;
using tracer::TraceEvent;

inline constexpr std::int64_t kUs = 1'000;
inline constexpr std::int64_t kMs = 1'000'000;
inline constexpr std::int64_t kSecond = 1'000'000'000;
/// When these traces begin, because a monotonic clock does not begin at 0.
inline constexpr std::int64_t kStart = 1'000 * kSecond;

/// Builds a trace from left to right.
class Trace {
 public:
  std::int64_t t = kStart;
  std::uint64_t iteration = 1;
  std::vector<TraceEvent> events;

  Trace& wait(std::int64_t ns) {
    t += ns;
    return *this;
  }
  Trace& put(EventType type, Phase phase = Phase::none, std::int64_t value = 0) {
    if (type == EventType::phase_begin)
      begin_iteration(t);
    push(type, phase, t);
    events.back().value = value;
    return *this;
  }
  Trace& phase(Phase which, std::int64_t ns, std::int64_t count = 1) {
    put(EventType::phase_begin, which, count);
    wait(ns);
    return put(EventType::phase_end, which, count);
  }
  Trace& poll_begin(std::int32_t timeout_ms, PollReason reason, std::int64_t prepare_ns = 0, NameId culprit = 0) {
    begin_iteration(t - prepare_ns);
    put(EventType::poll_begin, Phase::poll, timeout_ms);
    events.back().kind = static_cast<std::uint8_t>(reason);
    events.back().other_ns = prepare_ns;
    events.back().name = culprit;
    return *this;
  }
  Trace& poll_wake(std::int64_t gil_wait_ns = 0) {
    put(EventType::poll_wake, Phase::poll, 1);
    events.back().other_ns = gil_wait_ns;
    return wait(gil_wait_ns);
  }
  Trace& poll_end(std::int64_t io_events = 0) {
    put(EventType::poll_end, Phase::poll, io_events);
    ++iteration;
    return *this;
  }
  /// A sleep of `ns` that ends in nothing.
  Trace& sleep(std::int64_t ns, std::int32_t timeout_ms = 100) {
    poll_begin(timeout_ms, PollReason::until_timer).wait(ns);
    return poll_wake().poll_end();
  }
  Trace& callback_begin(NameId name, std::int64_t ready_ns = 0, CallbackKind kind = CallbackKind::soon,
                        std::uint64_t object = 0, Phase phase = Phase::idle) {
    put(EventType::callback_begin, phase);
    events.back().name = name;
    events.back().kind = static_cast<std::uint8_t>(kind);
    events.back().other_ns = ready_ns;
    events.back().object = object;
    return *this;
  }
  Trace& callback_end(NameId name, CallbackKind kind = CallbackKind::soon, std::uint64_t object = 0) {
    put(EventType::callback_end, Phase::idle);
    events.back().name = name;
    events.back().kind = static_cast<std::uint8_t>(kind);
    events.back().object = object;
    return *this;
  }
  Trace& callback(NameId name, std::int64_t ns, std::int64_t ready_ns = 0, CallbackKind kind = CallbackKind::soon,
                  std::uint64_t object = 0) {
    callback_begin(name, ready_ns, kind, object);
    wait(ns);
    return callback_end(name, kind, object);
  }

  [[nodiscard]] tracer::TraceModel model() const { return model(tracer::TraceModel::Limits{}); }
  [[nodiscard]] tracer::TraceModel model(const tracer::TraceModel::Limits& limits) const {
    tracer::TraceModel built(limits);
    for (const TraceEvent& event : events) built.add(event);
    return built;
  }

 private:
  void push(EventType type, Phase phase, std::int64_t t_ns) {
    TraceEvent event;
    event.t_ns = t_ns;
    event.type = type;
    event.phase = phase;
    event.iteration = iteration;
    events.push_back(event);
  }
  /// As the decoder tells of iterations.
  void begin_iteration(std::int64_t t_ns) {
    if (iteration == begun_)
      return;
    if (begun_ != 0)
      push(tracer::kIterationEnd, Phase::none, t_ns);
    push(tracer::kIterationBegin, Phase::none, t_ns);
    begun_ = iteration;
  }

  std::uint64_t begun_ = 0;
};

}  // namespace loopscope::testing
