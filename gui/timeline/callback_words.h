#pragma once
/// The words for one callback of the timeline. Pure. Thread: one. Errors: none. Units: ns.

#include "gui/timeline/row.h"

namespace loopscope::gui {

/// `slice` as far as it has run, for a mark that is still open.
tracer::CallbackSlice so_far(tracer::CallbackSlice slice, const Mark& mark);

/// Its name, its place, how long it ran, and whom it waited for.
Lines describe_callback(const TraceSource& source, const tracer::CallbackSlice& slice, const Mark& mark);

}  // namespace loopscope::gui
