#pragma once
/// The poll timeout in words: how long the loop may sleep, because of what, and what did not keep it awake.
/// Thread: any. Errors: none.

#include <cstdint>
#include <string>
#include <vector>

#include "tracer/format.h"
#include "tracer/session.h"

namespace loopscope::tracer {

enum class CheckMark : std::uint8_t {
  holds,      ///< asked, and it did not keep the loop awake
  decides,    ///< asked, and it is the reason
  not_asked,  ///< something before it had decided already
};

struct TimeoutCheck {
  CheckMark mark;
  std::string text;
};

struct WhyTimeout {
  std::string headline;               ///< "The loop may sleep 12 ms, because"
  std::string culprit;                ///< "heartbeat()", empty if there is none
  std::string culprit_place;          ///< "chat.py:41"
  std::string sentence;               ///< "is due in 12 ms", or a sentence of its own without a culprit
  Phase culprit_phase = Phase::none;  ///< whose colour it has
  std::vector<TimeoutCheck> checks;   ///< in the order in which the loop asks
  std::string footnote;
};

/// `culprit` may be null.
WhyTimeout why_timeout(PollReason reason, std::int32_t timeout_ms, const Name* culprit);

/// The reason alone, for a table or a tooltip: "until the next timer".
const char* reason_text(PollReason reason);

}  // namespace loopscope::tracer
