#pragma once
/// The events of a trace, one after the other, for Python.
/// Thread: one that holds the GIL. Owner: refers to an EventSource that outlives it. Errors: py::stop_iteration at the end.

#include <cstdint>

#include "bindings/trace/texts.h"
#include "tracer/read/event_source.h"
#include "tracer/read/event_stream.h"

namespace loopscope::bindings {

/// Walks a trace from its oldest event to the one that was the newest when it set out.
class EventIterator {
 public:
  EventIterator(const tracer::EventSource& source, bool boundaries);

  const tracer::TraceEvent& next();
  [[nodiscard]] const tracer::EventSource& source() const { return source_; }
  /// Of the loop's track.
  [[nodiscard]] std::uint64_t lost() const { return lost_before_ + stream_.lost_total(); }

 private:
  const tracer::EventSource& source_;
  tracer::EventStream stream_;
  tracer::TrackPositions end_;
  std::uint64_t lost_before_;
  std::size_t at_ = 0;
};

void bind_events(py::module_& module);

}  // namespace loopscope::bindings
