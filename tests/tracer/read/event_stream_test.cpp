// Two tracks of one trace, read as one. Their stamps are ns that the test sets.

#include "tracer/read/event_stream.h"

#include <gtest/gtest.h>

#include "tests/tracer/sessions.h"
#include "tracer/system/clock.h"
#include "tracer/words.h"
#include "tracer/write/ring_writer.h"

namespace loopscope::tracer {
namespace {

class Merging : public ::testing::Test {
 protected:
  Merging()
      : writable_(testing::session_in_ns()),
        opened_(Session::view(writable_->data(), writable_->header().size_bytes)) {}

  RingWriter writer(Track track) { return {writable_->ring(track), &writable_->track_counts(track).head}; }
  [[nodiscard]] const EventSource& source() const { return *opened_.session; }
  /// What was said, as letters: l and w are the tracks, with the time behind each.
  static std::string said(const EventStream& stream) {
    std::string words;
    for (const auto& event : stream.events())
      words += (words.empty() ? "" : " ") + std::string(track_name(event.track)).substr(0, 1) +
               std::to_string(event.t_ns);
    return words;
  }

 private:
  std::unique_ptr<WritableSession> writable_;
  Session::Opened opened_;

 protected:
  RingWriter loop_ = writer(Track::loop);
  RingWriter watchdog_ = writer(Track::watchdog);
};

void tell(RingWriter& writer, std::initializer_list<std::uint64_t> times) {
  for (const auto t : times) writer.write({.ticks = t, .type = EventType::wakeup});
}

TEST_F(Merging, EventsOfTwoTracksComeInOrderOfTime) {
  tell(loop_, {10, 30, 40, 60});
  tell(watchdog_, {20, 50, 70});
  EventStream stream(source());
  ASSERT_TRUE(stream.read());
  EXPECT_EQ(said(stream), "l10 w20 l30 l40 w50 l60 w70");
  EXPECT_FALSE(stream.read());
}

TEST_F(Merging, OfTwoAtTheSameTimeTheLoopsComesFirst) {
  tell(watchdog_, {10});
  tell(loop_, {10});
  EventStream stream(source());
  stream.read();
  EXPECT_EQ(said(stream), "l10 w10");
}

TEST_F(Merging, ATrackThatNobodyWritesHoldsNothingUp) {
  tell(loop_, {10, monotonic_ns() + 500'000});
  EventStream stream(source());
  stream.read();
  EXPECT_EQ(stream.events().size(), 2U);
}

TEST_F(Merging, WhatIsLaterThanTheOtherTracksReadingWaits) {
  const auto later = monotonic_ns() + 900'000;
  tell(watchdog_, {10});
  tell(loop_, {20, later});
  EventStream stream(source());
  stream.read();
  EXPECT_EQ(said(stream), "w10 l20");
  EXPECT_TRUE(stream.may_go_on());
  tell(watchdog_, {later - 1});
  while (monotonic_ns() < later) {
  }
  ASSERT_TRUE(stream.read());
  EXPECT_EQ(said(stream), "w" + std::to_string(later - 1) + " l" + std::to_string(later));
}

TEST_F(Merging, AFullBatchOfOneTrackKeepsLaterEventsOfTheOtherBack) {
  constexpr auto kEvents = TrackStream::kBatchEvents + 100;
  for (std::uint64_t t = 1; t <= kEvents; ++t) tell(watchdog_, {10 * t});
  tell(loop_, {5, 10 * kEvents - 5});
  EventStream stream(source());
  std::int64_t last_ns = 0;
  std::size_t count = 0;
  while (stream.read())
    for (const auto& event : stream.events()) {
      EXPECT_LE(last_ns, event.t_ns);
      last_ns = event.t_ns;
      ++count;
    }
  EXPECT_EQ(count, kEvents + 2);
}

TEST_F(Merging, LossesAreToldByTrack) {
  EventStream stream(source());
  for (std::uint64_t t = 1; t <= 2 * kLeastRingEvents; ++t) tell(loop_, {10 * t});
  tell(watchdog_, {15});
  ASSERT_TRUE(stream.read());
  EXPECT_EQ(stream.lost(Track::loop), kLeastRingEvents + 1);
  EXPECT_EQ(stream.lost(Track::watchdog), 0U);
}

TEST_F(Merging, NothingIsReadBeyondTheEndOfEachTrack) {
  tell(loop_, {10});
  tell(watchdog_, {20});
  const auto end = source().heads();
  EventStream stream(source());
  tell(loop_, {30});
  tell(watchdog_, {40});
  std::string words;
  while (stream.read(end)) words += said(stream);
  EXPECT_EQ(words, "l10 w20");
}

}  // namespace
}  // namespace loopscope::tracer
