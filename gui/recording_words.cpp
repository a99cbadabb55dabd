#include "gui/recording_words.h"

#include <cmath>
#include <cstdio>

#include "tracer/analysis/wording.h"

namespace loopscope::gui {

std::string recording_share_text(double share) {
  if (share >= 0.0995)
    return tracer::percent_text(share);
  if (share < 0.00005)
    return "below 0.01 %";
  char text[16];
  std::snprintf(text, sizeof(text), "%.2f %%", share * 100);
  return text;
}

std::string recording_value(const Recording& recording) {
  switch (recording.state) {
    case Recording::State::off:
      return "off";
    case Recording::State::measuring:
      return "measuring";
    case Recording::State::known:
      return std::string("~").append(tracer::duration_text(std::llround(recording.cost.ns)));
    default:
      return "not known";
  }
}

std::vector<std::string> recording_tip(const Recording& recording) {
  switch (recording.state) {
    case Recording::State::off:
      return {"Recording", "Off: a branch where an event would be written."};
    case Recording::State::measuring:
      return {"Recording", "The app is measuring what recording costs on this machine."};
    case Recording::State::known:
      break;
    default:
      return {"Recording",
              "Recorded on another machine or before it was started anew, or nobody knows what was recorded."};
  }
  std::vector<std::string> lines = {
      "Recording, estimated", "What was recorded in a second, times what each kind costs on this machine.",
      "The app measured that by recording for itself; factors found on real programs are in it.",
      tracer::rate_text(recording.cost.events) + " events of " +
          std::to_string(std::lround(recording.cost.ns_an_event())) + " ns · " +
          recording_share_text(recording.share) + " of the time"};
  if (recording.busy_share > 0)
    lines.back() += ", " + recording_share_text(recording.busy_share) + " of what the loop did not sleep";
  return lines;
}

std::string recording_tile(const Recording& recording) {
  if (recording.state == Recording::State::known)
    return std::string("~").append(recording_share_text(recording.share));
  return recording_value(recording);
}

}  // namespace loopscope::gui
