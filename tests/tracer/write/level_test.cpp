// Levels at run time: by the program, and by viewers under a lease.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "tests/tracer/sessions.h"
#include "tracer/system/clock.h"

namespace loopscope::tracer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Recording;
using testing::SessionDirectory;
using testing::small_facts;

void turn(Recorder& to) {
  to.prepare_begin();
  to.poll_begin({0, PollReason::ready_callbacks, kNoName, 0, 0, 0});
  to.poll_wake(to.ticks(), 0, false);
  to.poll_end(0);
}

/// Turns until the level is `wanted` or `limit_ns` have passed; answers how long it took.
std::uint64_t turn_until(Recorder& recorder, Level wanted, std::uint64_t limit_ns) {
  const auto start = monotonic_ns();
  while (recorder.level() != wanted && monotonic_ns() - start < limit_ns) turn(recorder);
  EXPECT_EQ(recorder.level(), wanted);
  return monotonic_ns() - start;
}

TEST(Level, ChangesAtTheNextPollAndSaysSo) {
  const Recording recording(Level::off);
  recording.recorder->set_level(Level::callbacks);
  EXPECT_EQ(recording.recorder->level(), Level::off);
  recording.turn();
  EXPECT_EQ(recording.recorder->level(), Level::callbacks);
  EXPECT_EQ(recording.present().level, Level::callbacks);
  EXPECT_THAT(recording.types(), ElementsAre(EventType::level_changed, EventType::poll_begin, EventType::poll_wake,
                                             EventType::poll_end));
  EXPECT_EQ(static_cast<Level>(recording.events()[0].kind), Level::callbacks);
  EXPECT_EQ(recording.events()[0].a, 0U) << "the program itself asked";
}

TEST(Level, GoingOffIsTheLastThingWritten) {
  const Recording recording(Level::phases);
  recording.recorder->set_level(Level::off);
  recording.turn();
  recording.turn();
  EXPECT_THAT(recording.types(), ElementsAre(EventType::level_changed));
  EXPECT_EQ(recording.present().level, Level::off);
}

TEST(Level, FallingBelowTasksLeavesNoGhostTasks) {
  const Recording recording(Level::tasks);
  recording.recorder->task_created(1, 10);
  recording.recorder->set_level(Level::callbacks);
  recording.turn();
  recording.recorder->task_done(1, 10);
  EXPECT_THAT(recording.session->tasks(), IsEmpty());
  EXPECT_EQ(recording.session->counters().tasks_live, 0U);
}

TEST(Level, FallingBelowTasksBeginsANewPeriod) {
  const Recording recording(Level::tasks);
  const auto before = recording.recorder->tasks_period();
  recording.recorder->set_level(Level::phases);
  recording.turn();
  EXPECT_GT(recording.recorder->tasks_period(), before);
}

TEST(Level, GoingOffLeavesNoGhostHandles) {
  const Recording recording(Level::phases);
  const auto handle = recording.recorder->handle_opened(HandleKind::tcp, 1, 5);
  recording.recorder->set_level(Level::off);
  recording.turn();
  recording.recorder->handle_closed(HandleKind::tcp, handle);
  EXPECT_THAT(recording.session->handles(), IsEmpty());
}

TEST(Level, FallingInTheMiddleOfACallbackLeavesNoGhostCallback) {
  const Recording recording(Level::callbacks);
  recording.recorder->callback_begin(CallbackKind::soon, 1, 0, 0, 0);
  recording.recorder->set_level(Level::phases);
  recording.turn();
  recording.recorder->callback_end();
  EXPECT_EQ(recording.present().callback_depth, 0);
}

class Lease : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string error;
    auto session = WritableSession::create(small_facts(), error);
    ASSERT_TRUE(session) << error;
    recorder = std::make_unique<Recorder>(std::move(session), Level::phases);
  }
  [[nodiscard]] std::unique_ptr<Session> viewer() const {
    auto opened = Session::open(recorder->session()->path());
    EXPECT_TRUE(opened.session) << opened.message;
    return std::move(opened.session);
  }

  SessionDirectory directory;
  std::unique_ptr<Recorder> recorder;
};

TEST_F(Lease, RaisesTheLevelWhileItIsHeldAndPutsItBack) {
  const auto app = viewer();
  ASSERT_TRUE(app->take_lease(Level::tasks));
  turn(*recorder);
  EXPECT_EQ(recorder->level(), Level::tasks);
  EXPECT_EQ(recorder->own_level(), Level::phases);
  app->drop_lease();
  turn(*recorder);
  EXPECT_EQ(recorder->level(), Level::phases);
}

TEST_F(Lease, SaysWhoAsked) {
  const auto app = viewer();
  ASSERT_TRUE(app->take_lease(Level::callbacks));
  turn(*recorder);
  RingReader reader(*app);
  RingReader::Batch batch;
  ASSERT_TRUE(reader.read(batch, 1));
  EXPECT_EQ(batch.events[0].type, EventType::level_changed);
  EXPECT_EQ(batch.events[0].a, static_cast<std::uint64_t>(getpid()));
}

TEST(Level, OfTheProgramItselfIsThereFromTheBeginning) {
  EXPECT_EQ(Recording(Level::callbacks).present().own_level, Level::callbacks);
}

TEST_F(Lease, LeavesTheProgramsOwnLevelInThePresent) {
  const auto app = viewer();
  ASSERT_TRUE(app->take_lease(Level::tasks));
  turn(*recorder);
  EXPECT_EQ(app->present().present.level, Level::tasks);
  EXPECT_EQ(app->present().present.own_level, Level::phases);
  recorder->set_level(Level::callbacks);
  turn(*recorder);
  EXPECT_EQ(app->present().present.level, Level::tasks) << "as the viewer asks";
  EXPECT_EQ(app->present().present.own_level, Level::callbacks);
}

TEST_F(Lease, IsGivenBackWithItsSession) {
  {
    const auto app = viewer();
    app->take_lease(Level::tasks);
    turn(*recorder);
  }
  turn(*recorder);
  EXPECT_EQ(recorder->level(), Level::phases);
}

TEST_F(Lease, NeverLowersTheLevel) {
  recorder->set_level(Level::tasks);
  const auto app = viewer();
  ASSERT_TRUE(app->take_lease(Level::phases));
  turn(*recorder);
  EXPECT_EQ(recorder->level(), Level::tasks);
}

TEST_F(Lease, OfTheHighestLevelCounts) {
  const auto low = viewer();
  const auto high = viewer();
  low->take_lease(Level::callbacks);
  high->take_lease(Level::tasks);
  turn(*recorder);
  EXPECT_EQ(recorder->level(), Level::tasks);
  high->drop_lease();
  turn(*recorder);
  EXPECT_EQ(recorder->level(), Level::callbacks);
}

TEST_F(Lease, CanChangeItsLevel) {
  const auto app = viewer();
  app->take_lease(Level::tasks);
  turn(*recorder);
  ASSERT_TRUE(app->take_lease(Level::callbacks));
  turn(*recorder);
  EXPECT_EQ(recorder->level(), Level::callbacks);
}

TEST_F(Lease, WakesARecorderThatIsOff) {
  recorder->set_level(Level::off);
  turn(*recorder);
  ASSERT_FALSE(recorder->on());
  const auto app = viewer();
  app->take_lease(Level::callbacks);
  turn(*recorder);
  EXPECT_EQ(recorder->level(), Level::callbacks);
}

TEST_F(Lease, IsRefusedWhenAllAreTaken) {
  std::vector<std::unique_ptr<Session>> viewers;
  for (std::size_t i = 0; i < kLeaseCount; ++i) {
    viewers.push_back(viewer());
    ASSERT_TRUE(viewers.back()->take_lease(Level::callbacks));
  }
  const auto late = viewer();
  EXPECT_FALSE(late->take_lease(Level::callbacks));
  EXPECT_EQ(late->lease(), LeaseState::all_taken);
  viewers.pop_back();
  EXPECT_TRUE(late->take_lease(Level::callbacks));
  EXPECT_EQ(late->lease(), LeaseState::held);
}

TEST_F(Lease, OfADeadViewerEndsWithinASecondOrSo) {
  const auto app = viewer();
  app->take_lease(Level::tasks);
  turn(*recorder);
  ASSERT_EQ(recorder->level(), Level::tasks);
  const auto took_ns = turn_until(*recorder, Level::phases, 10'000'000'000);
  EXPECT_GT(took_ns, 500'000'000U) << "not before its time";
  EXPECT_LT(took_ns, 3'000'000'000U);
}

TEST_F(Lease, LastsWhileItIsRenewed) {
  const auto app = viewer();
  app->take_lease(Level::tasks);
  const auto end = monotonic_ns() + 1'500'000'000;
  while (monotonic_ns() < end) {
    app->renew_lease();
    turn(*recorder);
    ASSERT_EQ(recorder->level(), Level::tasks);
    usleep(20'000);
  }
}

TEST_F(Lease, ThatExpiredIsTakenByAnotherViewer) {
  std::vector<std::unique_ptr<Session>> dead;
  for (std::size_t i = 0; i < kLeaseCount; ++i) {
    dead.push_back(viewer());
    ASSERT_TRUE(dead.back()->take_lease(Level::callbacks));
  }
  for (auto& lease : recorder->session()->control().leases)
    std::atomic_ref(lease.heartbeat_ns).store(monotonic_ns() - 2 * kLeaseTimeoutNs);
  const auto late = viewer();
  ASSERT_TRUE(late->take_lease(Level::tasks));
  turn(*recorder);
  EXPECT_EQ(recorder->level(), Level::tasks);
}

TEST_F(Lease, ThatWasSilentForLongComesBackWhenItIsRenewed) {
  const auto app = viewer();
  app->take_lease(Level::tasks);
  std::atomic_ref(recorder->session()->control().leases[0].heartbeat_ns)
      .store(monotonic_ns() - 2 * kLeaseTimeoutNs);
  turn_until(*recorder, Level::phases, 1'000'000'000);
  app->renew_lease();
  turn(*recorder);
  EXPECT_EQ(recorder->level(), Level::tasks);
}

TEST_F(Lease, WithAHeartbeatFromTheFutureIsNoLease) {
  auto& control = recorder->session()->control();
  control.leases[0] = {1, static_cast<std::uint32_t>(Level::tasks), UINT64_MAX};
  std::atomic_ref(control.lease_change).fetch_add(1);
  turn(*recorder);
  EXPECT_EQ(recorder->level(), Level::phases);
}

TEST_F(Lease, ForALevelThatDoesNotExistIsForTheHighest) {
  auto& control = recorder->session()->control();
  control.leases[0] = {1, 200, monotonic_ns()};
  std::atomic_ref(control.lease_change).fetch_add(1);
  turn(*recorder);
  EXPECT_EQ(recorder->level(), Level::tasks);
}

TEST(LeaseOfADeadSession, IsRefused) {
  const Recording recording(Level::phases);
  EXPECT_FALSE(recording.session->take_lease(Level::tasks));
  EXPECT_EQ(recording.session->lease(), LeaseState::refused);
  recording.session->renew_lease();
  recording.session->drop_lease();
}

}  // namespace
}  // namespace loopscope::tracer
