#pragma once
/// What the app says about the cost of recording. It is an estimate and is marked as one. Thread: any. Errors: none.

#include <string>
#include <vector>

#include "gui/model/digest.h"

namespace loopscope::gui {

/// As percent_text(), but precise for small shares: "0.20 %", "below 0.01 %".
std::string recording_share_text(double share);
/// The cost in a second: "~2.0 ms", "off", "measuring" or "not known".
std::string recording_value(const Recording& recording);
/// The same as a share: "~0.20 %".
std::string recording_tile(const Recording& recording);
/// How the number was found, as lines of a tooltip. The first line is the heading.
std::vector<std::string> recording_tip(const Recording& recording);

}  // namespace loopscope::gui
