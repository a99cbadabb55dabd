#include "gui/model/trace_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "gui/model/digest.h"
#include "gui/model/level_words.h"
#include "tests/gui/synthetic_session.h"
#include "tracer/read/ring_reader.h"

namespace loopscope::gui {
namespace {

using testing::SyntheticOptions;
using testing::SyntheticSession;
using tracer::LeaseState;
using tracer::Level;

constexpr std::int64_t kMs = 1'000'000;

/// A made-up program, and a source that reads it.
class TraceSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/dev/shm/loopscope-test-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    options_.directory = pattern;
  }
  void TearDown() override {
    program_.reset();
    std::filesystem::remove_all(options_.directory);
  }
  void start() {
    std::string error;
    program_ = SyntheticSession::create(options_, error);
    ASSERT_NE(program_, nullptr) << error;
  }
  std::unique_ptr<TraceSource> attach(Level want = Level::callbacks) {
    auto opened = tracer::Session::open(program_->path());
    EXPECT_NE(opened.session, nullptr) << opened.message;
    return std::make_unique<TraceSource>(std::move(opened.session), want);
  }
  void write_events(std::uint64_t count) {
    const auto session = tracer::Session::open(program_->path()).session;
    const auto end = session->head() + count;
    while (session->head() < end) program_->run(kMs);
  }
  void run_until_the_ring_wraps() {
    const auto session = tracer::Session::open(program_->path()).session;
    write_events(session->ring().capacity + 1000);
  }
  /// When the program's level became `level`, as far as the ring goes back.
  [[nodiscard]] std::vector<std::uint64_t> level_changes_to(Level level) const {
    const auto session = tracer::Session::open(program_->path()).session;
    tracer::RingReader reader(*session);
    tracer::RingReader::Batch batch;
    std::vector<std::uint64_t> found;
    while (reader.read(batch, 1U << 16U)) {
      for (const tracer::Event& event : batch.events) {
        if (event.type == tracer::EventType::level_changed && static_cast<Level>(event.kind) == level)
          found.push_back(event.ticks);
      }
    }
    return found;
  }
  /// Of the graphs.
  static int known_buckets(const TraceSource& source) {
    constexpr auto kBucketNs = tracer::Statistics::kBucketNs;
    int known = 0;
    for (int i = 0; i < 20; ++i) {
      const auto* bucket = source.statistics().bucket(source.now_ns() - i * kBucketNs);
      known += bucket != nullptr && bucket->known ? 1 : 0;
    }
    return known;
  }
  void run_and_pump(TraceSource& source, std::int64_t ns) {
    for (; ns > 0; ns -= 20 * kMs) {
      program_->run(20 * kMs);
      source.pump(1'000 * kMs);
    }
  }

  SyntheticOptions options_;
  std::unique_ptr<SyntheticSession> program_;
};

TEST_F(TraceSourceTest, ShowsALiveProgram) {
  start();
  const auto source = attach();
  run_and_pump(*source, 1'400 * kMs);
  EXPECT_FALSE(source->ended());
  EXPECT_EQ(source->lost(), 0U);
  const Digest digest = make_digest(*source);
  EXPECT_GT(digest.iteration, 100U);
  EXPECT_TRUE(digest.poll_known);
  EXPECT_GT(digest.callbacks_per_s, 0);
  std::int64_t sum = 0;
  for (const std::int64_t ns : digest.second.times.ns) sum += ns;
  EXPECT_EQ(sum, 1'000 * kMs);
  EXPECT_LT(digest.second.share(tracer::Activity::unknown), 0.01);
  std::vector<std::string> names;
  for (const CallbackLine& line : digest.callbacks) names.push_back(line.name + " " + line.place);
  EXPECT_THAT(names, ::testing::Contains("Task serve_client chat.py:71"));
  EXPECT_EQ(digest.handles.size(), 13U);
}

// On a machine so busy that this thread hardly runs, its wait for a CPU is the finding, and rightly nobody is blamed.
TEST_F(TraceSourceTest, FindsTheCallbackThatBlocks) {
  start();
  const auto source = attach();
  run_and_pump(*source, 900 * kMs);
  const Digest digest = make_digest(*source);
  std::vector<std::string> titles;
  for (const tracer::Finding& finding : digest.findings) titles.push_back(finding.title);
  EXPECT_THAT(titles, ::testing::Contains(::testing::AnyOf(::testing::HasSubstr("render_report held the loop for"),
                                                           ::testing::HasSubstr("waited for a CPU"))));
}

TEST_F(TraceSourceTest, RaisesTheLevelWhileAttachedAndSaysFromWhere) {
  options_.level = Level::phases;
  start();
  {
    const auto source = attach(Level::callbacks);
    EXPECT_TRUE(source->level_pending());
    run_and_pump(*source, 100 * kMs);
    EXPECT_EQ(source->level(), Level::callbacks);
    EXPECT_EQ(source->raised_from(), Level::phases);
    EXPECT_FALSE(source->model().callbacks().empty());
  }
  program_->run(100 * kMs);
  const auto source = attach(Level::off);
  EXPECT_EQ(source->level(), Level::phases) << "put back";
}

TEST_F(TraceSourceTest, LeavesTheLevelAloneIfToldTo) {
  options_.level = Level::phases;
  start();
  const auto source = attach(Level::off);
  run_and_pump(*source, 100 * kMs);
  EXPECT_EQ(source->level(), Level::phases);
  EXPECT_FALSE(source->raised_from());
}

TEST_F(TraceSourceTest, KeepsTheLevelUpWhenTheViewerThatRaisedItLeaves) {
  options_.level = Level::phases;
  start();
  auto first = attach(Level::callbacks);
  run_and_pump(*first, 60 * kMs);
  const auto second = attach(Level::callbacks);
  run_and_pump(*second, 60 * kMs);
  EXPECT_EQ(second->raised_from(), Level::phases) << "what is in force is the other viewer's doing";
  first.reset();
  const auto begin_ns = second->now_ns();
  run_and_pump(*second, 200 * kMs);
  EXPECT_EQ(second->level(), Level::callbacks);
  EXPECT_GT(second->model().callbacks().back().end_ns, begin_ns + 100 * kMs);
  EXPECT_TRUE(level_changes_to(Level::phases).empty());
}

TEST_F(TraceSourceTest, AsksWhenTheProgramLowersItsOwnLevel) {
  options_.level = Level::callbacks;
  start();
  const auto source = attach(Level::callbacks);
  EXPECT_EQ(source->lease(), LeaseState::none) << "nothing to ask for";
  program_->set_level(Level::phases);
  run_and_pump(*source, 200 * kMs);
  EXPECT_EQ(source->level(), Level::callbacks);
  EXPECT_EQ(source->raised_from(), Level::phases);
}

TEST_F(TraceSourceTest, ChangesItsLevelWithoutLettingGoOfTheOldOne) {
  options_.level = Level::phases;
  options_.iterations_per_s = 1e6;
  options_.blocking_ns = 0;
  start();
  const auto source = attach(Level::callbacks);
  run_and_pump(*source, 60 * kMs);
  std::atomic<bool> done{false};
  std::thread turning([&] {
    while (!done) program_->run(kMs);
  });
  for (int i = 0; i < 200; ++i) {
    source->want_level(i % 2 == 0 ? Level::tasks : Level::callbacks);
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
  done = true;
  turning.join();
  EXPECT_TRUE(level_changes_to(Level::phases).empty());
  EXPECT_FALSE(level_changes_to(Level::tasks).empty());
}

TEST_F(TraceSourceTest, SaysThatAllPlacesAreTakenAndTriesAgain) {
  options_.level = Level::phases;
  start();
  std::vector<std::unique_ptr<TraceSource>> others;
  for (std::size_t i = 0; i < tracer::kLeaseCount; ++i) others.push_back(attach(Level::phases));
  EXPECT_EQ(others.front()->lease(), LeaseState::none) << "who asks for what is there takes no place";
  for (auto& other : others) other->want_level(Level::tasks);
  const auto late = attach(Level::callbacks);
  EXPECT_TRUE(late->level_refused());
  EXPECT_EQ(late->lease(), LeaseState::all_taken);
  EXPECT_FALSE(late->level_pending());
  const LevelWords words = level_words(*late);
  EXPECT_EQ(words.label, "level · no place free");
  EXPECT_EQ(words.tone, LevelWords::Tone::refused);
  EXPECT_THAT(words.tip, ::testing::Contains(::testing::HasSubstr("All 8 places for viewers are taken")));

  run_and_pump(*others.back(), 40 * kMs);
  late->pump(1'000 * kMs);
  EXPECT_FALSE(late->level_refused()) << "another viewer raised the level: nothing is amiss";
  others.clear();
  run_and_pump(*late, 1'200 * kMs);
  EXPECT_EQ(late->lease(), LeaseState::held);
  EXPECT_EQ(late->raised_from(), Level::phases);
  EXPECT_EQ(level_words(*late).label, "level · raised by app");
}

TEST_F(TraceSourceTest, HeldShowsOneMomentWhileReadingGoesOn) {
  start();
  const auto source = attach();
  run_and_pump(*source, 600 * kMs);
  source->hold();
  const auto now_ns = source->now_ns();
  const auto callbacks = source->model().callbacks().last();
  const auto known = known_buckets(*source);
  const auto before = source->events();
  run_and_pump(*source, 900 * kMs);
  EXPECT_GT(source->events(), before);
  EXPECT_EQ(source->now_ns(), now_ns);
  EXPECT_EQ(source->model().callbacks().last(), callbacks);
  EXPECT_EQ(known_buckets(*source), known);
  EXPECT_EQ(make_digest(*source).at_ns, now_ns);
  source->let_go();
  EXPECT_GT(known_buckets(*source), known) << "what went by meanwhile is in the graphs";
  EXPECT_GT(source->model().callbacks().last(), callbacks);
}

TEST_F(TraceSourceTest, HeldLosesNothingOfItsMomentToWhatComesAfter) {
  options_.iterations_per_s = 1e6;
  options_.callbacks_per_iteration = 30;
  options_.blocking_ns = 0;
  start();
  const auto source = attach();
  run_and_pump(*source, 40 * kMs);
  source->hold();
  const auto& callbacks = source->model().callbacks();
  const auto first = callbacks.first();
  const auto begin_ns = callbacks[first].begin_ns;
  while (source->events() < 3U << 19U) run_and_pump(*source, 100 * kMs);  // more than a model holds
  EXPECT_EQ(callbacks.first(), first);
  EXPECT_EQ(callbacks[first].begin_ns, begin_ns);
  source->let_go();
  EXPECT_GT(source->model().callbacks().first(), first);
}

TEST_F(TraceSourceTest, KeepsTheLastPictureWhenTheProgramEnds) {
  start();
  const auto source = attach();
  run_and_pump(*source, 200 * kMs);
  program_.reset();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  source->pump(1'000 * kMs);
  EXPECT_TRUE(source->ended());
  EXPECT_EQ(source->now_ns(), source->model().last_event_ns());
  EXPECT_FALSE(source->model().callbacks().empty());
}

TEST_F(TraceSourceTest, CountsWhatItWasTooSlowToReadAndMarksTheGap) {
  options_.iterations_per_s = 1e6;
  options_.blocking_ns = 0;
  start();
  const auto source = attach();
  run_and_pump(*source, 60 * kMs);
  while (source->trace().head() < source->trace().ring().capacity * 2) program_->run(200 * kMs);
  source->pump(5'000 * kMs);
  EXPECT_GT(source->lost(), 0U);
  ASSERT_FALSE(source->model().gaps().empty());
  EXPECT_EQ(source->model().gaps()[0].events, source->lost());
}

TEST_F(TraceSourceTest, CountsOnlyWhatWasWrittenSinceItCame) {
  options_.iterations_per_s = 1e6;
  options_.blocking_ns = 0;
  start();
  run_until_the_ring_wraps();
  const auto source = attach(Level::off);
  const auto attached_at = source->trace().head();
  source->step();  // some of what was there; the rest of it is overwritten, and some of what came
  run_until_the_ring_wraps();
  source->pump(5'000 * kMs);
  const auto oldest = source->trace().head() - source->trace().ring().length + 1;
  EXPECT_GT(oldest, attached_at);
  EXPECT_EQ(source->lost(), oldest - attached_at);
  ASSERT_FALSE(source->model().gaps().empty());
  EXPECT_EQ(source->model().gaps()[0].events, source->lost());
}

TEST_F(TraceSourceTest, HistoryThatGoesWhileItIsReadIsForgottenAndLeavesNoHole) {
  options_.iterations_per_s = 1e6;
  options_.blocking_ns = 0;
  start();
  run_until_the_ring_wraps();
  const auto source = attach(Level::off);
  source->step();
  const auto begin_ns = source->model().first_event_ns();
  write_events(source->trace().ring().capacity / 4);  // what is read next has been overwritten
  source->pump(5'000 * kMs);
  EXPECT_EQ(source->lost(), 0U);
  EXPECT_TRUE(source->model().gaps().empty());
  EXPECT_GT(source->model().first_event_ns(), begin_ns);
}

/// A machine on which everything that is recorded costs 100 ns.
Calibration calibrated() {
  tracer::RecordingCosts costs;
  costs.ns.fill(100);
  return {true, costs};
}

TEST_F(TraceSourceTest, TellsWhatRecordingCostsTheProgram) {
  start();
  const auto source = attach();
  run_and_pump(*source, 1'400 * kMs);
  const Recording recording = make_digest(*source, calibrated()).recording;
  ASSERT_EQ(recording.state, Recording::State::known);
  EXPECT_GT(recording.cost.events, 100);
  EXPECT_GT(recording.cost.ns_an_event(), 30) << "at least every third event has a price";
  EXPECT_LE(recording.cost.ns_an_event(), 100);
  EXPECT_DOUBLE_EQ(recording.share, recording.cost.ns / 1e9);
  EXPECT_GT(recording.busy_share, recording.share) << "this program sleeps now and then";
}

TEST_F(TraceSourceTest, SaysNothingOfTheCostOfRecordingBeforeItWasMeasured) {
  start();
  const auto source = attach();
  run_and_pump(*source, 400 * kMs);
  EXPECT_EQ(make_digest(*source).recording.state, Recording::State::measuring);
  EXPECT_EQ(make_digest(*source, {true, std::nullopt}).recording.state, Recording::State::not_known);
}

TEST_F(TraceSourceTest, RecordingCostsNothingWhileItIsOff) {
  options_.level = Level::off;
  start();
  const auto source = attach(Level::off);
  run_and_pump(*source, 200 * kMs);
  EXPECT_EQ(make_digest(*source, calibrated()).recording.state, Recording::State::off);
}

TEST_F(TraceSourceTest, CountsWhatOnlyCountersKnowAtPhases) {
  options_.level = Level::phases;
  start();
  const auto source = attach(Level::off);
  run_and_pump(*source, 1'400 * kMs);
  Calibration counters_only = calibrated();
  counters_only.costs->ns.fill(0);
  counters_only.costs->ns[static_cast<std::size_t>(tracer::Recorded::counted)] = 100;
  counters_only.costs->ns[static_cast<std::size_t>(tracer::Recorded::counted_io)] = 100;
  const Recording recording = make_digest(*source, counters_only).recording;
  ASSERT_EQ(recording.state, Recording::State::known);
  EXPECT_GT(recording.cost.ns, 0);
}

TEST_F(TraceSourceTest, DoesNotPriceWhatAnotherMachineRecorded) {
  start();
  program_->run(300 * kMs);
  const std::string elsewhere = options_.directory + "/elsewhere";
  std::filesystem::copy_file(program_->path(), elsewhere);
  std::fstream file(elsewhere, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(offsetof(tracer::SessionHeader, boot_id));
  file.write("another-boot", 12);
  file.close();
  auto opened = tracer::Session::open(elsewhere);
  ASSERT_NE(opened.session, nullptr) << opened.message;
  TraceSource source(std::move(opened.session), Level::callbacks);
  source.pump(1'000 * kMs);
  EXPECT_EQ(make_digest(source, calibrated()).recording.state, Recording::State::not_known);
}

TEST_F(TraceSourceTest, TellsAProgramThatClosedItsLoopFromOneThatDied) {
  start();
  const auto closed = attach();
  run_and_pump(*closed, 100 * kMs);
  EXPECT_EQ(make_digest(*closed).state, ProgramState::live);
  program_.reset();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  closed->pump(1'000 * kMs);
  EXPECT_EQ(make_digest(*closed).state, ProgramState::closed);
  EXPECT_TRUE(make_digest(*closed).findings.empty() ||
              make_digest(*closed).findings[0].rule != tracer::FindingRule::program_died);
}

TEST_F(TraceSourceTest, SaysThatAProgramWasKilledAndInWhat) {
  SyntheticOptions options = options_;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    std::string error;
    const auto program = SyntheticSession::create(options, error);
    program->run(100 * kMs);
    program->hang();
    const std::string path = program->path() + "\n";
    static_cast<void>(write(ready[1], path.data(), path.size()));
    for (;;) pause();
  }
  std::string path;
  for (char c = 0; read(ready[0], &c, 1) == 1 && c != '\n';) path += c;
  close(ready[0]);
  close(ready[1]);
  auto opened = tracer::Session::open(path);
  ASSERT_NE(opened.session, nullptr) << opened.message;
  TraceSource source(std::move(opened.session), Level::off);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  source.pump(1'000 * kMs);
  Digest digest = make_digest(source);
  EXPECT_EQ(digest.state, ProgramState::hangs);
  ASSERT_FALSE(digest.findings.empty());
  EXPECT_EQ(digest.findings[0].rule, tracer::FindingRule::loop_hangs);
  EXPECT_THAT(digest.findings[0].title, ::testing::HasSubstr("render_report has held the loop for"));
  const auto hangs = [](const CallbackLine& line) { return line.running_ns > 0; };
  EXPECT_EQ(std::count_if(digest.callbacks.begin(), digest.callbacks.end(), hangs), 1);

  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  source.pump(1'000 * kMs);
  digest = make_digest(source);
  EXPECT_EQ(digest.state, ProgramState::died);
  ASSERT_FALSE(digest.findings.empty());
  EXPECT_EQ(digest.findings[0].title, "The program was killed or crashed");
  EXPECT_THAT(digest.findings[0].detail, ::testing::HasSubstr("render_report was running, for at least"));
  EXPECT_GE(digest.at_ns - digest.findings[0].begin_ns, 300 * kMs) << "the timeline shows what was seen to last";

  TraceSource later(tracer::Session::open(path).session, Level::off);
  later.pump(1'000 * kMs);
  digest = make_digest(later);
  ASSERT_EQ(digest.state, ProgramState::died);
  EXPECT_THAT(digest.findings[0].detail,
              ::testing::HasSubstr("render_report was running; it is not known for how long."))
      << "this source never saw it live";
}

TEST_F(TraceSourceTest, SamplesHowLongTheThreadWaitsForACpu) {
  start();
  const auto source = attach();
  run_and_pump(*source, 1'400 * kMs);
  EXPECT_TRUE(source->cpu_waits().sampled());
  EXPECT_TRUE(make_digest(*source).cpu_wait_share);
}

TEST_F(TraceSourceTest, GoesOnWithAProgramWhoseFileSomebodyRemoved) {
  start();
  const auto source = attach();
  run_and_pump(*source, 50 * kMs);
  std::filesystem::remove(program_->path());
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const std::uint64_t before = source->events();
  run_and_pump(*source, 100 * kMs);
  EXPECT_EQ(make_digest(*source).state, ProgramState::live);
  EXPECT_GT(source->events(), before);
}

TEST_F(TraceSourceTest, SaysThatSomebodyCutOrOverwroteTheSession) {
  for (const bool cut : {true, false}) {
    start();
    const auto source = attach();
    run_and_pump(*source, 50 * kMs);
    const auto size = std::filesystem::file_size(program_->path());
    if (cut)
      std::filesystem::resize_file(program_->path(), 0);
    std::fstream(program_->path(), std::ios::in | std::ios::out | std::ios::binary)
        << std::string(cut ? 0 : size, '\x5a');
    const std::uint64_t iteration = source->present().iteration;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    source->pump(1'000 * kMs);
    EXPECT_TRUE(source->ended());
    EXPECT_EQ(make_digest(*source).state, ProgramState::damaged) << (cut ? "cut" : "overwritten");
    EXPECT_EQ(source->present().iteration, iteration) << "what was read last stays";
    std::filesystem::resize_file(program_->path(), size);  // its end touches this memory
  }
}

TEST_F(TraceSourceTest, AProgramThatCalledExecIsNeitherACopyNorDead) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    std::string error;
    const auto program = SyntheticSession::create(options_, error);
    program->run(100 * kMs);
    const std::string path = program->path() + "\n";
    static_cast<void>(write(ready[1], path.data(), path.size()));
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    execl("/bin/sleep", "sleep", "100", nullptr);
  }
  std::string path;
  for (char c = 0; read(ready[0], &c, 1) == 1 && c != '\n';) path += c;
  close(ready[0]);
  close(ready[1]);
  TraceSource source(tracer::Session::open(path).session, Level::off);
  for (int i = 0; i < 200 && !source.ended(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    source.pump(1'000 * kMs);
  }
  EXPECT_EQ(make_digest(source).state, ProgramState::left);
  TraceSource later(tracer::Session::open(path).session, Level::off);
  later.pump(1'000 * kMs);
  EXPECT_EQ(make_digest(later).state, ProgramState::copied) << "nobody saw it write this session";
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_F(TraceSourceTest, DoesNotClaimToKnowHandlesThatWereOpenedWhileNothingWasRecorded) {
  start();
  const auto always = attach();
  run_and_pump(*always, 50 * kMs);
  EXPECT_TRUE(make_digest(*always).all_handles_known);
  program_.reset();
  options_.level = Level::off;
  start();
  const auto raised = attach();
  run_and_pump(*raised, 300 * kMs);
  EXPECT_EQ(raised->level(), Level::callbacks);
  EXPECT_FALSE(make_digest(*raised).all_handles_known);
}

TEST_F(TraceSourceTest, ACopyOfALivingProgramsSessionIsNoDeadProgram) {
  start();
  program_->run(100 * kMs);
  const std::string copy = options_.directory + "/copy";
  std::filesystem::copy_file(program_->path(), copy);
  auto opened = tracer::Session::open(copy);
  ASSERT_NE(opened.session, nullptr) << opened.message;
  TraceSource source(std::move(opened.session), Level::callbacks);
  source.pump(1'000 * kMs);
  EXPECT_EQ(make_digest(source).state, ProgramState::copied);
}

}  // namespace
}  // namespace loopscope::gui
