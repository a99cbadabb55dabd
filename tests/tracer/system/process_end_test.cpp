// What is left of a session when its program is killed, forks, or ends in order.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "tests/tracer/sessions.h"
#include "tracer/read/session_list.h"

namespace loopscope::tracer {
namespace {

using testing::SessionDirectory;
using testing::small_facts;

/// A program that turns its loop until it is killed.
[[noreturn]] void run_for_ever() {
  std::string error;
  auto session = WritableSession::create(small_facts(), error);
  if (!session)
    _exit(1);
  Recorder recorder(std::move(session), Level::callbacks);
  const int key = 0;
  const auto name = recorder.intern(&key, "spin", "/srv/spin.py", 3);
  recorder.loop_start();
  for (;;) {
    recorder.prepare_begin();
    recorder.poll_begin({0, PollReason::ready_callbacks, name, 1, 0, 0});
    recorder.poll_wake(recorder.ticks(), 0, false);
    recorder.poll_end(0);
    recorder.callback_begin(CallbackKind::soon, name, recorder.ticks(), 0, 0);
    recorder.callback_end();
  }
}

class ProcessEnd : public ::testing::Test {
 protected:
  ~ProcessEnd() override {
    if (child > 0) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
  }
  /// The session of the child, once it has written `events`.
  [[nodiscard]] std::unique_ptr<Session> wait_for_events(std::uint64_t events) const {
    std::string error;
    for (int i = 0; i < 1000; ++i, usleep(5000)) {
      const auto path = find_session(std::to_string(child), error);
      if (path.empty())
        continue;
      auto opened = Session::open(path);
      if (opened.session && opened.session->head() > events)
        return std::move(opened.session);
    }
    return nullptr;
  }

  SessionDirectory directory;
  pid_t child = 0;
};

TEST_F(ProcessEnd, ByKillLeavesASessionThatOpensAndHoldsTheLastEvent) {
  child = fork();
  if (child == 0)
    run_for_ever();
  ASSERT_GT(child, 0);
  const auto live = wait_for_events(10 * kLeastRingEvents);
  ASSERT_TRUE(live);
  EXPECT_TRUE(live->alive());
  const auto path = live->path();

  const auto killed_ns = static_cast<std::int64_t>(monotonic_ns());
  ASSERT_EQ(kill(child, SIGKILL), 0);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(live->alive()) << "a process that only waits to be reaped is dead";

  const auto opened = Session::open(path);
  ASSERT_TRUE(opened.session) << opened.message;
  EXPECT_FALSE(opened.session->alive());
  EXPECT_EQ(opened.session->head(), live->head()) << "nothing written is missing";
  EXPECT_EQ(opened.session->present().present.running, 1) << "it never said that it stopped";

  RingReader reader(*opened.session);
  RingReader::Batch batch;
  ASSERT_TRUE(reader.read(batch, kLeastRingEvents));
  EXPECT_EQ(batch.first_position + batch.events.size(), opened.session->head());
  const auto last_ns = opened.session->to_ns(batch.events.back().ticks);
  // The child may have been waiting for a CPU when it was killed: on a busy machine for some time.
  EXPECT_GT(last_ns, killed_ns - 2'000'000'000);
  EXPECT_LT(last_ns, static_cast<std::int64_t>(monotonic_ns()));

  std::string error;
  const auto entries = list_sessions(error);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_FALSE(entries[0].alive);
  EXPECT_TRUE(entries[0].readable);
}

TEST_F(ProcessEnd, OfAForkedChildLeavesTheParentsSessionAlone) {
  std::string error;
  auto session = WritableSession::create(small_facts(), error);
  ASSERT_TRUE(session) << error;
  const auto path = session->path();
  Recorder recorder(std::move(session), Level::callbacks);
  recorder.loop_start();
  const auto opened = Session::open(path);
  ASSERT_TRUE(opened.session) << opened.message;

  child = fork();
  if (child == 0) {
    recorder.disown();
    recorder.loop_start();
    recorder.callback_begin(CallbackKind::soon, kNoName, 0, 0, 0);
    recorder.set_level(Level::tasks);
    recorder.poll_begin({0, PollReason::stopping, kNoName, 0, 0, 0});
    const bool silent = !recorder.on() && recorder.handle_opened(HandleKind::tcp, 1, 1) == 0;
    { const Recorder gone = std::move(recorder); }
    _exit(silent ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  child = 0;
  EXPECT_EQ(status, 0) << "the child records nothing";
  EXPECT_EQ(opened.session->head(), 1U);
  EXPECT_TRUE(opened.session->alive());
  EXPECT_EQ(access(path.c_str(), F_OK), 0) << "the file is the parent's";
}

}  // namespace
}  // namespace loopscope::tracer
