#pragma once
/// Follows findings from one digest to the next, and keeps them in their places while the pointer is over their list, so that a click
/// opens what the user sees. Pure. Thread: any. Errors: none.

#include <vector>

#include "tracer/analysis/findings.h"

namespace loopscope::gui {

/// The finding of `now` that says of the present what `before` said of its own: of the same rule about the same function, the same
/// stretch of time first. If what held the loop has ended, it is the callback that held it. Null if there is none.
const tracer::Finding* same_finding(const std::vector<tracer::Finding>& now, const tracer::Finding& before);

/// The findings of `now`, those that are in `before` in its order, and new ones after them. A finding that has gone keeps its
/// place, unless it was about something that no longer goes on.
std::vector<tracer::Finding> steady_findings(const std::vector<tracer::Finding>& before,
                                             const std::vector<tracer::Finding>& now);

}  // namespace loopscope::gui
