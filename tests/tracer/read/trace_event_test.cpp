// From events to iterations: which boundaries the decoder finds, for both orders of libuv's phases.

#include "tracer/read/trace_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/tracer/sessions.h"
#include "tracer/words.h"

namespace loopscope::tracer {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using testing::session_in_ns;
using testing::small_facts;

enum class LibuvOrder { timers_first, timers_last };

SessionFacts facts_of(LibuvOrder order) {
  auto facts = small_facts();
  constexpr Phase kTimersLast[] = {Phase::pending, Phase::idle,    Phase::prepare, Phase::poll,
                                   Phase::check,   Phase::closing, Phase::timers};
  if (order == LibuvOrder::timers_last)
    std::copy(std::begin(kTimersLast), std::end(kTimersLast), facts.phase_order);
  return facts;
}

/// Events by hand, a nanosecond apart unless a test says how far.
class Decoding {
 public:
  explicit Decoding(LibuvOrder order = LibuvOrder::timers_first, Boundaries boundaries = Boundaries::all)
      : memory_(session_in_ns(facts_of(order))),
        session_(Session::view(memory_->data(), memory_->header().size_bytes).session),
        decoder_(*session_, boundaries) {}

  Decoding& event(EventType type, Phase phase = Phase::none, std::uint64_t a = 0, std::uint64_t b = 0) {
    decoder_.decode({now_++, type, phase, 0, 0, kNoName, a, b}, position_++, events);
    return *this;
  }
  Decoding& start() { return event(EventType::loop_start); }
  Decoding& stop() { return event(EventType::loop_stop); }
  Decoding& phase(Phase phase) { return event(EventType::phase_begin, phase).event(EventType::phase_end, phase); }
  Decoding& poll(std::uint64_t iteration) {
    event(EventType::poll_begin, Phase::poll, iteration, std::uint64_t{2} << 32U);
    return event(EventType::poll_end, Phase::poll, 0, iteration);
  }
  Decoding& lose(std::uint64_t count) {
    position_ += count;
    decoder_.skipped();
    return *this;
  }
  Decoding& from_position(std::uint64_t position) {
    position_ = position;
    return *this;
  }
  Decoding& wait(std::uint64_t ns) {
    now_ += ns;
    return *this;
  }

  /// Each event as "type phase iteration", with a ~ if it was inferred.
  [[nodiscard]] std::vector<std::string> words() const {
    std::vector<std::string> said;
    for (const auto& event : events) {
      std::string word(trace_event_name(event.type));
      if (event.phase != Phase::none)
        word += " " + std::string(phase_name(event.phase));
      said.push_back(word + " " + std::to_string(event.iteration) + (event.inferred ? " ~" : ""));
    }
    return said;
  }

  std::vector<TraceEvent> events;

 private:
  std::unique_ptr<WritableSession> memory_;
  std::unique_ptr<Session> session_;
  EventDecoder decoder_;
  std::uint64_t now_ = 1000;
  std::uint64_t position_ = 0;
};

TEST(Boundaries, OfTwoIterationsWithTimersFirst) {
  Decoding decoding(LibuvOrder::timers_first);
  decoding.start()
      .phase(Phase::timers)
      .phase(Phase::idle)
      .poll(1)
      .phase(Phase::closing)
      .phase(Phase::timers)
      .poll(2);
  decoding.stop();
  EXPECT_THAT(decoding.words(),
              ElementsAreArray({
                  "loop_start 0",          "iteration_begin 1 ~", "phase_begin timers 1",  "phase_end timers 1",
                  "phase_begin idle 1",    "phase_end idle 1",    "phase_begin prepare 1", "phase_end prepare 1",
                  "phase_begin poll 1",    "poll_begin poll 1",   "poll_end poll 1",       "phase_end poll 1",
                  "phase_begin check 1",   "phase_end check 1 ~", "phase_begin closing 1", "phase_end closing 1",
                  "iteration_end 1 ~",     "iteration_begin 2 ~", "phase_begin timers 2",  "phase_end timers 2",
                  "phase_begin prepare 2", "phase_end prepare 2", "phase_begin poll 2",    "poll_begin poll 2",
                  "poll_end poll 2",       "phase_end poll 2",    "phase_begin check 2",   "phase_end check 2 ~",
                  "iteration_end 2 ~",     "loop_stop 0",
              }));
}

TEST(Boundaries, OfTwoIterationsWithTimersLast) {
  Decoding decoding(LibuvOrder::timers_last, Boundaries::all);
  // The pass over the timers before the first iteration counts to it.
  decoding.start().phase(Phase::timers).phase(Phase::idle).poll(1).phase(Phase::closing).phase(Phase::timers);
  decoding.phase(Phase::idle).poll(2).phase(Phase::timers).stop();
  EXPECT_THAT(decoding.words(),
              ElementsAreArray({
                  "loop_start 0",         "iteration_begin 1 ~", "phase_begin timers 1",  "phase_end timers 1",
                  "phase_begin idle 1",   "phase_end idle 1",    "phase_begin prepare 1", "phase_end prepare 1",
                  "phase_begin poll 1",   "poll_begin poll 1",   "poll_end poll 1",       "phase_end poll 1",
                  "phase_begin check 1",  "phase_end check 1 ~", "phase_begin closing 1", "phase_end closing 1",
                  "phase_begin timers 1", "phase_end timers 1",  "iteration_end 1 ~",     "iteration_begin 2 ~",
                  "phase_begin idle 2",   "phase_end idle 2",    "phase_begin prepare 2", "phase_end prepare 2",
                  "phase_begin poll 2",   "poll_begin poll 2",   "poll_end poll 2",       "phase_end poll 2",
                  "phase_begin check 2",  "phase_end check 2 ~", "phase_begin timers 2",  "phase_end timers 2",
                  "iteration_end 2 ~",    "loop_stop 0",
              }));
}

TEST(Boundaries, OfAnIterationInWhichNothingRanBeginWithPrepare) {
  Decoding decoding;
  decoding.start().wait(100).poll(1).wait(100).poll(2);
  EXPECT_THAT(
      decoding.words(),
      ElementsAreArray({"loop_start 0", "iteration_begin 1 ~", "phase_begin prepare 1", "phase_end prepare 1",
                        "phase_begin poll 1", "poll_begin poll 1", "poll_end poll 1", "phase_end poll 1",
                        "phase_begin check 1", "phase_end check 1 ~", "iteration_end 1 ~", "iteration_begin 2 ~",
                        "phase_begin prepare 2", "phase_end prepare 2", "phase_begin poll 2", "poll_begin poll 2",
                        "poll_end poll 2", "phase_end poll 2", "phase_begin check 2"}));
  // Prepare lasted 2 ns, as poll_begin says; check is taken to last until it.
  EXPECT_EQ(decoding.events[2].t_ns, decoding.events[5].t_ns - 2);
  EXPECT_EQ(decoding.events[9].t_ns, decoding.events[12].t_ns);
}

TEST(Boundaries, OfSeveralGenerationsOfReadyCallbacksAreOneIteration) {
  Decoding decoding;
  decoding.start().phase(Phase::idle).phase(Phase::idle).phase(Phase::idle).poll(1);
  for (const auto& event : decoding.events) {
    EXPECT_LE(event.iteration, 1U);
  }
  EXPECT_EQ(std::count_if(decoding.events.begin(), decoding.events.end(),
                          [](const auto& event) { return event.type == kIterationBegin; }),
            1);
}

TEST(Boundaries, OfASecondRunContinueTheNumbers) {
  Decoding decoding;
  decoding.start().poll(1).stop().start().phase(Phase::idle).poll(2).stop();
  std::vector<std::uint64_t> begun;
  for (const auto& event : decoding.events)
    if (event.type == kIterationBegin)
      begun.push_back(event.iteration);
  EXPECT_THAT(begun, ElementsAre(1, 2));
}

TEST(Boundaries, AreNotMadeUpForAnIterationWhoseBeginningNobodySaw) {
  Decoding decoding;
  decoding.from_position(5000).phase(Phase::idle).poll(77).phase(Phase::timers).poll(78);
  EXPECT_THAT(
      decoding.words(),
      ElementsAreArray(
          {"phase_begin idle 0",   "phase_end idle 0",       "phase_begin prepare 77", "phase_end prepare 77",
           "phase_begin poll 77",  "poll_begin poll 77",     "poll_end poll 77",       "phase_end poll 77",
           "phase_begin check 77", "phase_end check 77 ~",   "iteration_begin 78 ~",   "phase_begin timers 78",
           "phase_end timers 78",  "phase_begin prepare 78", "phase_end prepare 78",   "phase_begin poll 78",
           "poll_begin poll 78",   "poll_end poll 78",       "phase_end poll 78",      "phase_begin check 78"}));
}

TEST(Boundaries, AreForgottenWithLostEvents) {
  Decoding decoding;
  decoding.start().phase(Phase::idle).poll(1);
  decoding.events.clear();
  decoding.lose(100).phase(Phase::closing).poll(50);
  EXPECT_THAT(decoding.words(),
              ElementsAreArray({"phase_begin closing 0", "phase_end closing 0", "phase_begin prepare 50",
                                "phase_end prepare 50", "phase_begin poll 50", "poll_begin poll 50",
                                "poll_end poll 50", "phase_end poll 50", "phase_begin check 50"}));
}

TEST(Boundaries, EndWhenRecordingIsSwitchedOff) {
  Decoding decoding;
  decoding.start().phase(Phase::idle).poll(1).event(EventType::level_changed, Phase::prepare);
  const auto words = decoding.words();
  ASSERT_GE(words.size(), 3U);
  EXPECT_EQ(words[words.size() - 3], "phase_end check 1 ~");
  EXPECT_EQ(words[words.size() - 2], "iteration_end 1 ~");
}

TEST(Boundaries, OfPrepareStayBehindAChangeOfLevel) {
  Decoding decoding;
  decoding.start().poll(1);
  decoding.wait(50);
  decoding.event(EventType::level_changed, Phase::prepare);
  decoding.events.back().kind = static_cast<std::uint8_t>(Level::callbacks);
  decoding.event(EventType::poll_begin, Phase::poll, 2, std::uint64_t{40} << 32U);
  std::int64_t last = 0;
  for (const auto& event : decoding.events) {
    EXPECT_GE(event.t_ns, last);
    last = event.t_ns;
  }
}

TEST(Boundaries, AreNotAddedUnlessWanted) {
  Decoding decoding(LibuvOrder::timers_first, Boundaries::observed);
  decoding.start().phase(Phase::timers).poll(1).phase(Phase::timers).poll(2).stop();
  EXPECT_THAT(decoding.words(),
              ElementsAreArray({"loop_start 0", "phase_begin timers 1", "phase_end timers 1", "poll_begin poll 1",
                                "poll_end poll 1", "phase_begin timers 2", "phase_end timers 2",
                                "poll_begin poll 2", "poll_end poll 2", "loop_stop 0"}));
}

class DecodedEvent : public ::testing::Test {
 protected:
  TraceEvent decode(const Event& event) {
    std::vector<TraceEvent> out;
    EventDecoder decoder(*session);
    decoder.decode(event, 9, out);
    EXPECT_EQ(out.size(), 1U);
    return out.at(0);
  }
  std::unique_ptr<WritableSession> memory = session_in_ns();
  std::unique_ptr<Session> session = Session::view(memory->data(), memory->header().size_bytes).session;
};

TEST_F(DecodedEvent, HasItsTimeItsPositionAndItsName) {
  const auto event = decode({500, EventType::callback_begin, Phase::idle, 4, 0, 7, 480, 99});
  EXPECT_EQ(event.t_ns, 500);
  EXPECT_EQ(event.position, 9U);
  EXPECT_EQ(event.name, 7U);
  EXPECT_EQ(event.kind, 4U);
  EXPECT_EQ(event.phase, Phase::idle);
  EXPECT_EQ(event.other_ns, 480);
  EXPECT_EQ(event.object, 99U);
}

TEST_F(DecodedEvent, OfAPollHasTheTimeoutWithItsSign) {
  const auto forever = decode({500, EventType::poll_begin, Phase::poll, 7, 0, 0, 3, 0x00000005FFFFFFFFULL});
  EXPECT_EQ(forever.value, -1);
  EXPECT_EQ(forever.other_ns, 5);
  EXPECT_EQ(forever.iteration, 3U);
  const auto wake = decode({510, EventType::poll_wake, Phase::poll, 0, 0, 0, 42, 1});
  EXPECT_EQ(wake.other_ns, 42);
  EXPECT_EQ(wake.value, 1);
}

TEST_F(DecodedEvent, OfAHandleHasItsDescriptorWithItsSign) {
  const auto event = decode({500, EventType::handle_opened, Phase::idle, 2, 0, 0, 3, UINT64_MAX});
  EXPECT_EQ(event.object, 3U);
  EXPECT_EQ(event.value, -1);
}

TEST_F(DecodedEvent, OfAnUnknownTypeIsPassedThrough) {
  const auto event = decode({500, static_cast<EventType>(77), static_cast<Phase>(200), 9, 1, 5, 11, 22});
  EXPECT_EQ(static_cast<int>(event.type), 77);
  EXPECT_EQ(event.phase, Phase::none);
  EXPECT_EQ(event.object, 11U);
  EXPECT_EQ(event.value, 22);
  EXPECT_EQ(trace_event_name(event.type), "unknown");
}

TEST_F(DecodedEvent, OfARingCannotPassForOneOfTheDecoders) {
  EXPECT_EQ(decode({500, kIterationBegin, Phase::none, 0, 0, 0, 0, 0}).type, EventType::none);
}

}  // namespace
}  // namespace loopscope::tracer
