#pragma once
/// The poll timeout in words: how long the loop may sleep, for which reason, and which other reasons did not apply.
/// Thread: any. Errors: none.

#include <cstdint>
#include <string>
#include <vector>

#include "tracer/format.h"
#include "tracer/read/event_source.h"

namespace loopscope::tracer {

enum class CheckMark : std::uint8_t {
  holds,      ///< the loop asked, and this did not keep it awake
  decides,    ///< the loop asked, and this is the reason
  not_asked,  ///< an earlier question had decided already
};

struct TimeoutCheck {
  CheckMark mark;
  std::string text;
};

struct WhyTimeout {
  std::string headline;               ///< "The loop may sleep 12 ms, because"
  std::string culprit;                ///< "heartbeat()", empty if there is none
  std::string culprit_place;          ///< "chat.py:41"
  std::string sentence;               ///< "is due in 12 ms", or a whole sentence if there is no culprit
  Phase culprit_phase = Phase::none;  ///< whose colour to draw it in
  std::vector<TimeoutCheck> checks;   ///< in the order in which the loop asks
  std::string footnote;
};

/// `culprit` may be null.
WhyTimeout why_timeout(PollReason reason, std::int32_t timeout_ms, const Name* culprit);

/// The reason alone, for a table or a tooltip: "until the next timer".
const char* reason_text(PollReason reason);

}  // namespace loopscope::tracer
