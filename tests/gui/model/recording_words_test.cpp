#include "gui/model/recording_words.h"

#include <gtest/gtest.h>

#include <utility>

namespace loopscope::gui {
namespace {

Recording known(double share) {
  Recording recording;
  recording.state = Recording::State::known;
  recording.share = share;
  recording.cost.ns = share * 1e9;
  recording.cost.events = 1000;
  return recording;
}

TEST(RecordingWords, MarkWhatIsAnEstimate) {
  EXPECT_EQ(recording_tile(known(0.002)), "~0.20 %");
  EXPECT_EQ(recording_value(known(0.002)), "~2.0 ms");
  EXPECT_EQ(recording_tip(known(0.002)).front(), "Recording, estimated");
}

TEST(RecordingWords, TellSmallSharesApart) {
  EXPECT_EQ(recording_share_text(0.12), "12 %");
  EXPECT_EQ(recording_share_text(0.0123), "1.23 %");
  EXPECT_EQ(recording_share_text(0.00001), "below 0.01 %");
}

TEST(RecordingWords, SayWhyNothingIsKnown) {
  Recording recording;
  for (const auto& [state, words] : {std::pair{Recording::State::off, "off"},
                                     {Recording::State::measuring, "measuring"},
                                     {Recording::State::not_known, "not known"}}) {
    recording.state = state;
    EXPECT_EQ(recording_tile(recording), words);
    EXPECT_EQ(recording_value(recording), words);
    EXPECT_GE(recording_tip(recording).size(), 2U);
  }
}

}  // namespace
}  // namespace loopscope::gui
