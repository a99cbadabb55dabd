#include "gui/canvas/theme.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/gui/colour_vision.h"

namespace loopscope::gui {
namespace {

using testing::contrast;
using testing::distance_for_a_deuteranope;
using Named = std::vector<std::pair<std::string, Color>>;

class Themes : public ::testing::TestWithParam<bool> {
 protected:
  const Theme theme = GetParam() ? dark_theme() : light_theme();
};

TEST_P(Themes, TextIsReadableOnEverythingItStandsOn) {
  const Named grounds{{"window", theme.window}, {"header", theme.header}, {"card", theme.card},
                      {"inset", theme.inset},   {"button", theme.button}, {"key", theme.key}};
  const Named words{{"text", theme.text},
                    {"text_dim", theme.text_dim},
                    {"text_faint", theme.text_faint},
                    {"warning_text", theme.warning_text},
                    {"alarm_text", theme.alarm_text},
                    {"accent", theme.accent},
                    {"live", theme.live}};
  for (const auto& [ground, under] : grounds) {
    for (const auto& [word, color] : words) EXPECT_GE(contrast(color, under), 4.5) << word << " on " << ground;
  }
}

TEST_P(Themes, WordsOnAFillOfAlarmAreReadable) {
  EXPECT_GE(contrast(theme.alarm_text, theme.alarm_fill), 4.5);
  EXPECT_GE(contrast(theme.text, theme.alarm_fill), 4.5);
}

TEST_P(Themes, ADeuteranopeTellsAlarmFromWarningAndFromLive) {
  EXPECT_GE(distance_for_a_deuteranope(theme.alarm, theme.warning), 35);
  EXPECT_GE(distance_for_a_deuteranope(theme.alarm, theme.live), 25);
  EXPECT_GE(distance_for_a_deuteranope(theme.warning, theme.live), 35);
  EXPECT_GE(distance_for_a_deuteranope(theme.alarm_text, theme.text_dim), 15);
}

TEST_P(Themes, NamesInBarsAreReadable) {
  for (const tracer::Activity bar : {tracer::Activity::timers, tracer::Activity::idle, tracer::Activity::poll_io,
                                     tracer::Activity::closing, tracer::Activity::gil_wait}) {
    const Color ground = theme.activity(bar);
    EXPECT_GE(contrast(readable_on(ground), ground), 4.5) << static_cast<int>(bar);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, Themes, ::testing::Bool(), [](const auto& which) {
  return which.param ? std::string("Dark") : std::string("Light");
});

}  // namespace
}  // namespace loopscope::gui
