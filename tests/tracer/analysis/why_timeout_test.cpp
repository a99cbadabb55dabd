#include "tracer/analysis/why_timeout.h"

#include <gtest/gtest.h>

namespace loopscope::tracer {
namespace {

const Name kHeartbeat{"heartbeat", "/srv/chat.py", 41};

TEST(WhyTimeout, NamesTheTimerItWaitsFor) {
  const WhyTimeout why = why_timeout(PollReason::until_timer, 12, &kHeartbeat);
  EXPECT_EQ(why.headline, "The loop may sleep 12 ms, because");
  EXPECT_EQ(why.culprit, "heartbeat()");
  EXPECT_EQ(why.culprit_place, "chat.py:41");
  EXPECT_EQ(why.sentence, "is due in 12 ms");
  EXPECT_EQ(why.culprit_phase, Phase::timers);
  ASSERT_EQ(why.checks.size(), 4U);
  for (const TimeoutCheck& check : why.checks) EXPECT_EQ(check.mark, CheckMark::holds) << check.text;
}

TEST(WhyTimeout, SpeaksInWholeSentencesWithoutACulprit) {
  EXPECT_EQ(why_timeout(PollReason::until_timer, 12, nullptr).sentence, "the next timer is due in 12 ms.");
  EXPECT_EQ(why_timeout(PollReason::ready_callbacks, 0, nullptr).sentence, "callbacks wait in the ready queue.");
}

TEST(WhyTimeout, MarksTheReasonAndWhatWasNotAskedAfterIt) {
  const WhyTimeout why = why_timeout(PollReason::ready_callbacks, 0, &kHeartbeat);
  EXPECT_EQ(why.headline, "The loop does not sleep, because");
  EXPECT_EQ(why.sentence, "is ready to run");
  ASSERT_EQ(why.checks.size(), 4U);
  EXPECT_EQ(why.checks[0].mark, CheckMark::holds);
  EXPECT_EQ(why.checks[1].mark, CheckMark::holds);
  EXPECT_EQ(why.checks[2].mark, CheckMark::decides);
  EXPECT_EQ(why.checks[2].text, "callbacks are ready");
  EXPECT_EQ(why.checks[3].mark, CheckMark::not_asked);
}

TEST(WhyTimeout, HasASentenceForEveryReason) {
  for (int reason = 0; reason <= static_cast<int>(PollReason::not_waiting); ++reason) {
    const WhyTimeout why = why_timeout(static_cast<PollReason>(reason), reason == 7 ? -1 : 0, nullptr);
    EXPECT_FALSE(why.headline.empty()) << reason;
    EXPECT_FALSE(why.sentence.empty()) << reason;
  }
}

TEST(WhyTimeout, SaysThatNoTimerLimitsTheSleep) {
  const WhyTimeout why = why_timeout(PollReason::forever, -1, nullptr);
  EXPECT_EQ(why.headline, "The loop may sleep without limit, because");
  EXPECT_EQ(why.sentence, "no timer is set.");
}

}  // namespace
}  // namespace loopscope::tracer
