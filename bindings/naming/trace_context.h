#pragma once
/// All that it takes to say in a trace who runs: the recorder, the names of what runs, the tasks, and what led to it.
///
/// A loop has one. It knows nothing of the loop, so that whoever records another loop can have one, too.
/// Thread: the loop's, with the GIL. Owner: of the names and the tasks; the recorder is the loop's and outlives it.

#include "bindings/naming/callback_names.h"
#include "bindings/naming/live_tasks.h"
#include "loop/callback.h"
#include "tracer/write/recorder.h"

namespace loopscope::bindings {

struct TraceContext {
  explicit TraceContext(tracer::Recorder& the_recorder)
      : recorder(the_recorder), names(the_recorder), tasks(the_recorder, names) {}

  /// Nothing is recorded any more.
  void clear() {
    tasks.clear();
    names.clear();
  }

  tracer::Recorder& recorder;
  CallbackNames names;
  LiveTasks tasks;
  const loop::Callback* cause = nullptr;  ///< the callback that runs, if it records itself
};

}  // namespace loopscope::bindings
