// A session as text for people: facts, a legend, and every event with its indent.

#include "tracer/export/dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/tracer/sessions.h"

namespace loopscope::tracer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Recording;
using testing::SessionDirectory;
using testing::small_facts;

std::string dump_of(const Session& session) {
  std::ostringstream out;
  write_dump(session, out);
  return out.str();
}

TEST(Dump, ShowsWhoWhatIsNowTotalsAndEvents) {
  const Recording recording(Level::callbacks);
  const int handler = 0;
  const auto name = recording.recorder->intern(&handler, "handle", "/srv/chat.py", 12);
  recording.recorder->loop_start();
  recording.recorder->phase_begin(Phase::idle, 1);
  recording.recorder->callback_begin(CallbackKind::soon, name, recording.recorder->ticks(), 0, 0);
  std::ostringstream out;
  write_dump(*recording.session, out);
  for (const char* words :
       {"program       python3 chat.py --port 8000", "libuv         1.44.2", "level         callbacks",
        "phases        timers, pending, idle, prepare, poll, check, closing", "running       yes",
        "phase         idle", "callback      handle chat.py:12 (soon, depth 1)", "callbacks     1",
        "events        3", " ~ iteration_begin 1\n", "     phase_begin idle, waiting 1\n",
        "       callback_begin handle chat.py:12, soon"})
    EXPECT_THAT(out.str(), HasSubstr(words));
}

TEST(Dump, SaysWhatALevelDoesNotRecord) {
  const Recording recording(Level::off);
  recording.recorder->loop_start();
  recording.turn();
  const auto off = dump_of(*recording.session);
  EXPECT_THAT(off, HasSubstr("\nrunning       yes\n")) << "that is known at any level";
  for (const std::string label : {"phase", "iteration", "callback", "ready", "timers", "handles", "tasks",
                                  "iterations", "callbacks", "I/O events", "bytes", "asleep", "GIL waits"})
    EXPECT_THAT(off,
                HasSubstr("\n" + label + std::string(14 - label.size(), ' ') + "not recorded at level off\n"));
  EXPECT_THAT(off, HasSubstr("At level off the program records no events.\n"));
}

TEST(Dump, TellsWhatDidNotHappenFromWhatWasNotRecorded) {
  const Recording recording(Level::phases);
  recording.recorder->loop_start();
  recording.turn();
  const auto text = dump_of(*recording.session);
  EXPECT_THAT(text, HasSubstr("\ncallbacks     0\n")) << "they are counted, and there were none";
  EXPECT_THAT(text, HasSubstr("\ncallback      not recorded at level phases\n"));
  EXPECT_THAT(text, HasSubstr("\ntasks         not recorded at level phases\n"));
}

TEST(Dump, KeepsTotalsOfTheTimeBeforeTheLevelFell) {
  const Recording recording(Level::phases);
  recording.recorder->loop_start();
  recording.recorder->timer_set(kNoName, 1, 0);
  recording.turn();
  recording.recorder->set_level(Level::off);
  recording.turn();
  EXPECT_THAT(dump_of(*recording.session),
              HasSubstr("\ntimers        1 set, 0 fired, 0 cancelled, and not recorded at level off\n"));
}

TEST(Dump, SaysThatATotalIsOfTheTimeInWhichAViewerRaisedTheLevel) {
  const SessionDirectory directory;
  std::string error;
  Recorder recorder(WritableSession::create(small_facts(), error), Level::phases);
  ASSERT_TRUE(recorder.session()) << error;
  const auto opened = Session::open(recorder.session()->path());
  ASSERT_TRUE(opened.session) << opened.message;
  ASSERT_TRUE(opened.session->take_lease(Level::tasks));
  recorder.poll_begin({0, PollReason::until_timer, kNoName, 0, 0, 0});
  recorder.task_created(kNoName, 5);
  const auto text = dump_of(*opened.session);
  EXPECT_THAT(text, HasSubstr("1 live, as far as a viewer had it recorded\n"));
  EXPECT_THAT(text, HasSubstr("\niterations    1\n"));
}

TEST(Dump, SaysWhatItsSignsMean) {
  const Recording recording(Level::tasks);
  recording.recorder->loop_start();
  const auto text = dump_of(*recording.session);
  EXPECT_THAT(text,
              HasSubstr("The first column is ms since the session was created. ~ marks what nobody observed"));
  EXPECT_THAT(text, Not(HasSubstr("At level")));
}

TEST(Dump, IndentsWhatIsNestedAndComesBack) {
  const Recording recording(Level::callbacks);
  recording.recorder->callback_begin(CallbackKind::soon, kNoName, 0, 0, 0);
  recording.recorder->callback_begin(CallbackKind::accept, kNoName, 0, 0, 0);
  recording.recorder->callback_end();
  recording.recorder->callback_end();
  std::stringstream out;
  write_dump(*recording.session, out, {.facts = false});
  std::vector<std::size_t> indents;
  for (std::string line; std::getline(out, line);) indents.push_back(line.find("callback"));
  ASSERT_EQ(indents.size(), 4U);
  EXPECT_EQ(indents[0], indents[3]);
  EXPECT_EQ(indents[1], indents[2]);
  EXPECT_EQ(indents[1], indents[0] + 2);
}

TEST(Dump, LetsNoNameReachTheTerminalAsACommand) {
  const Recording recording(Level::callbacks);
  const int evil = 0;
  const auto name = recording.recorder->intern(&evil, "\x1b[2J\nevil", "/srv/chat.py", 12);
  recording.recorder->callback_begin(CallbackKind::soon, name, 0, 0, 0);
  std::ostringstream out;
  write_dump(*recording.session, out);
  EXPECT_EQ(out.str().find('\x1b'), std::string::npos);
  EXPECT_THAT(out.str(), HasSubstr(" \\x1b[2J\\nevil chat.py:12"));
}

}  // namespace
}  // namespace loopscope::tracer
