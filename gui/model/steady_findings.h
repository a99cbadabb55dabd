#pragma once
/// Keeps findings in their places while the pointer is over their list, so that a click opens what the user sees. Pure.
/// Thread: any. Errors: none.

#include <vector>

#include "tracer/analysis/findings.h"

namespace loopscope::gui {

/// The findings of `now`, those that are in `before` in its order, and new ones after them. A finding that has gone keeps its
/// place, unless it was about something that no longer goes on.
std::vector<tracer::Finding> steady_findings(const std::vector<tracer::Finding>& before,
                                             const std::vector<tracer::Finding>& now);

}  // namespace loopscope::gui
