#include "gui/model/recording_words.h"

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
      return {"Recording", "Recording is off. It costs one branch for each event that is not written."};
    case Recording::State::measuring:
      return {"Recording", "The app is measuring what recording costs on this machine."};
    case Recording::State::known:
      break;
    default:
      return {"Recording",
              "Not known: the session is from another machine or another boot, the app could not measure the "
              "costs, or it does not know what was recorded."};
  }
  std::vector<std::string> lines = {
      "Recording, estimated", "What was recorded in a second, times the cost of each kind on this machine.",
      "The app measured these costs by recording for itself, and scaled them by factors found on real programs.",
      tracer::rate_text(recording.cost.events) + " events of " +
          std::to_string(std::lround(recording.cost.ns_an_event())) + " ns · " +
          recording_share_text(recording.share) + " of the time"};
  if (recording.busy_share > 0)
    lines.back() +=
        ", " + recording_share_text(recording.busy_share) + " of the time that the loop was not asleep";
  return lines;
}

std::string recording_tile(const Recording& recording) {
  if (recording.state == Recording::State::known)
    return std::string("~").append(recording_share_text(recording.share));
  return recording_value(recording);
}

}  // namespace loopscope::gui
