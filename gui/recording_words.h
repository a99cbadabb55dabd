#pragma once
/// What the app says of the cost of recording: an estimate, and marked as one. Thread: any. Errors: none.

#include <string>
#include <vector>

#include "gui/digest.h"

namespace loopscope::gui {

/// As percent_text(), for shares that are small when all is well: "0.20 %", "below 0.01 %".
std::string recording_share_text(double share);
/// Of a second: "~2.0 ms", or why it is not known.
std::string recording_value(const Recording& recording);
/// The same as a share: "~0.20 %".
std::string recording_tile(const Recording& recording);
/// How it came about, in lines for a tooltip; the first is a heading.
std::vector<std::string> recording_tip(const Recording& recording);

}  // namespace loopscope::gui
