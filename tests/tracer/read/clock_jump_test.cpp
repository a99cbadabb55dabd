// Sessions of machines that were suspended: the counter went on for ten seconds, CLOCK_MONOTONIC did not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <sstream>
#include <utility>

#include "tests/tracer/sessions.h"
#include "tracer/export/dump.h"
#include "tracer/export/jsonl.h"
#include "tracer/write/ring_writer.h"

namespace loopscope::tracer {
namespace {

using ::testing::HasSubstr;
using testing::small_facts;

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kSecond = 1'000 * kMs;
constexpr std::uint64_t kStill = 10 * kSecond;

enum class Anchors { in_the_ring, ends_only };

/// A session of another boot, written by hand, of a counter with three ticks a ns.
class Machine {
 public:
  explicit Machine(Anchors anchors)
      : anchors_(anchors), memory_(WritableSession::create_in_memory(small_facts())) {
    auto& header = memory_->header();
    header.clock_source = ClockSource::tsc;
    header.created_monotonic_ns = ns_;
    header.anchor_first = now();
    std::memcpy(header.boot_id, "another-boot", 13);
    ring_ = RingWriter(memory_->ring(), &memory_->track_counts().head);
  }

  Machine& run(std::uint64_t ns) {
    ns_ += ns;
    return *this;
  }
  Machine& suspend(std::uint64_t ns) {
    still_ns_ += ns;
    return *this;
  }
  Machine& put(EventType type, std::uint64_t a = 0, std::uint64_t b = 0) {
    ring_.write({now().ticks, type, Phase::poll, 0, 0, kNoName, a, b});
    return *this;
  }
  Machine& poll_begin() {
    put(EventType::poll_begin, ++iteration_);
    return anchor();
  }
  /// The poll is said to have been over `ago_ns` ago.
  Machine& poll_wake(std::uint64_t ago_ns, std::uint64_t gil_wait_ns) {
    ring_.write({now().ticks - 3 * ago_ns, EventType::poll_wake, Phase::poll, 0, 0, kNoName, 3 * gil_wait_ns, 1});
    return *this;
  }
  Machine& anchor() {
    memory_->present().anchor_last = now();
    if (anchors_ == Anchors::in_the_ring)
      put(EventType::clock_anchor, now().monotonic_ns);
    return *this;
  }
  Machine& callback(std::uint64_t ns) {
    put(EventType::callback_begin, now().ticks);
    return run(ns).put(EventType::callback_end);
  }
  [[nodiscard]] std::uint64_t ns() const { return ns_; }
  [[nodiscard]] std::unique_ptr<Session> session() const {
    return Session::view(memory_->data(), memory_->header().size_bytes).session;
  }

 private:
  [[nodiscard]] ClockAnchor now() const { return {3 * (ns_ + still_ns_), ns_}; }

  Anchors anchors_;
  std::unique_ptr<WritableSession> memory_;
  RingWriter ring_;
  std::uint64_t ns_ = 100 * kSecond;
  std::uint64_t still_ns_ = 0;
  std::uint64_t iteration_ = 0;
};

std::vector<TraceEvent> decode(const Session& session) {
  std::vector<TraceEvent> events;
  RingReader reader(session);
  RingReader::Batch batch;
  reader.read(batch, 1U << 20U);
  EventDecoder decoder(session);
  for (const auto& event : batch.events) decoder.decode(event, 1, events);
  return events;
}

/// How long each callback ran.
std::vector<std::int64_t> durations(const std::vector<TraceEvent>& events) {
  std::vector<std::int64_t> all;
  std::int64_t begin = 0;
  for (const auto& event : events) {
    if (event.type == EventType::callback_begin)
      begin = event.t_ns;
    if (event.type == EventType::callback_end)
      all.push_back(event.t_ns - begin);
  }
  return all;
}

void expect_50_ms(std::int64_t ns) {
  EXPECT_NEAR(static_cast<double>(ns), 50e6, 50e3);
}

class Suspended : public ::testing::TestWithParam<Anchors> {};
INSTANTIATE_TEST_SUITE_P(EachFile, Suspended, ::testing::Values(Anchors::in_the_ring, Anchors::ends_only));

TEST_P(Suspended, ACallbackOf50MsReads50MsBeforeAndAfter) {
  Machine machine(GetParam());
  for (int i = 0; i < 4; ++i) machine.poll_begin().run(kSecond).put(EventType::poll_wake).callback(50 * kMs);
  machine.poll_begin().run(300 * kMs).suspend(kStill).run(200 * kMs).put(EventType::poll_wake).callback(50 * kMs);
  if (GetParam() == Anchors::in_the_ring)
    for (int i = 0; i < 4; ++i) machine.poll_begin().run(kSecond).put(EventType::poll_wake).callback(50 * kMs);
  const auto session = machine.session();
  const auto all = durations(decode(*session));
  ASSERT_GE(all.size(), 5U);
  for (const auto ns : all) expect_50_ms(ns);
}

TEST(SuspendedInTheRing, TimesAreThoseOfTheClockAndTheJumpIsSaidOnce) {
  Machine machine(Anchors::in_the_ring);
  machine.poll_begin().run(kSecond).put(EventType::poll_wake).poll_begin();
  machine.run(300 * kMs).suspend(kStill).run(200 * kMs);
  const auto woke = machine.ns();
  machine.put(EventType::poll_wake).callback(50 * kMs).poll_begin().run(kSecond).put(EventType::poll_wake);
  machine.poll_begin();
  const auto session = machine.session();
  const auto events = decode(*session);
  int jumps = 0;
  for (const auto& event : events) {
    if (event.clock == ClockFault::none)
      continue;
    ++jumps;
    EXPECT_EQ(event.clock, ClockFault::jumped);
    EXPECT_EQ(event.type, EventType::poll_wake);
    EXPECT_NEAR(static_cast<double>(event.clock_ns), 1e10, 1e7);
    EXPECT_NEAR(static_cast<double>(event.t_ns), static_cast<double>(woke), 1e4);
  }
  EXPECT_EQ(jumps, 1);
  std::ostringstream lines;
  write_jsonl(*session, lines);
  EXPECT_THAT(lines.str(), HasSubstr("\"clock\":\"jumped\",\"clock_ns\":"));
  std::ostringstream text;
  write_dump(*session, text);
  EXPECT_THAT(text.str(), HasSubstr("the machine stood still for 10000.0 ms"));
}

TEST(SuspendedInTheRing, InTheMiddleOfALongPoll) {
  Machine machine(Anchors::in_the_ring);
  for (int i = 0; i < 3; ++i) machine.poll_begin().run(kSecond).put(EventType::poll_wake);
  machine.poll_begin().run(30 * kSecond).suspend(kStill).run(30 * kSecond);
  machine.put(EventType::poll_wake).callback(50 * kMs).poll_begin().callback(50 * kMs).anchor();
  for (const auto ns : durations(decode(*machine.session()))) expect_50_ms(ns);
}

TEST(SuspendedInTheRing, TwiceIsTwoJumps) {
  Machine machine(Anchors::in_the_ring);
  for (int i = 0; i < 6; ++i) {
    machine.poll_begin().run(kSecond);
    if (i == 2 || i == 4)
      machine.suspend(kStill);
    machine.put(EventType::poll_wake).callback(50 * kMs);
  }
  machine.poll_begin();
  const auto events = decode(*machine.session());
  for (const auto ns : durations(events)) expect_50_ms(ns);
  EXPECT_EQ(std::count_if(events.begin(), events.end(), [](const auto& e) { return e.clock != ClockFault::none; }),
            2);
}

TEST(Clock, DoesNotGoBackWhereAnotherThreadWasAtWork) {
  // A task is destroyed in the thread that has the GIL while the loop waits for it.
  for (const auto& [gil_wait_ns, faults] : {std::pair{25 * kMs, 0}, std::pair{5 * kMs, 1}}) {
    Machine machine(Anchors::in_the_ring);
    machine.poll_begin().run(kSecond).put(EventType::task_done).run(10 * kMs).poll_wake(25 * kMs, gil_wait_ns);
    machine.callback(50 * kMs).poll_begin();
    const auto events = decode(*machine.session());
    for (const auto ns : durations(events)) expect_50_ms(ns);
    EXPECT_EQ(
        std::count_if(events.begin(), events.end(), [](const auto& e) { return e.clock != ClockFault::none; }),
        faults);
  }
}

TEST(Clock, OneDamagedStampHarmsOneEvent) {
  Machine machine(Anchors::in_the_ring);
  for (int i = 0; i < 5; ++i) machine.poll_begin().run(kSecond).put(EventType::poll_wake).callback(50 * kMs);
  machine.poll_begin();
  const auto good = decode(*machine.session());
  for (const std::uint64_t bad : {std::uint64_t{0}, std::uint64_t{INT64_MAX}, UINT64_MAX}) {
    const auto session = machine.session();
    RingReader reader(*session);
    RingReader::Batch batch;
    reader.read(batch, 1000);
    batch.events[9].ticks = bad;
    std::vector<TraceEvent> events;
    EventDecoder decoder(*session);
    for (const auto& event : batch.events) decoder.decode(event, 1, events);
    for (std::size_t i = 1; i < events.size(); ++i) EXPECT_GE(events[i].t_ns, events[i - 1].t_ns);
    EXPECT_EQ(good.size(), events.size());
    EXPECT_NE(
        std::count_if(events.begin(), events.end(), [](const auto& e) { return e.clock != ClockFault::none; }), 0)
        << "it is said";
  }
}

}  // namespace
}  // namespace loopscope::tracer
