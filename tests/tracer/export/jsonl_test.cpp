// Every line is JSON and says what happened, whatever a name holds.

#include "tracer/export/jsonl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <utility>

#include "tests/tracer/json.h"
#include "tests/tracer/sessions.h"
#include "tracer/read/printable.h"

namespace loopscope::tracer {
namespace {

using ::testing::Contains;
using testing::JsonReader;
using ::testing::Pair;
using testing::Recording;
using Fields = std::map<std::string, std::string>;

std::vector<std::string> lines_of(const Session& session) {
  std::stringstream out;
  write_jsonl(session, out);
  std::vector<std::string> lines;
  for (std::string line; std::getline(out, line);) lines.push_back(line);
  return lines;
}

std::vector<Fields> objects_of(const Session& session) {
  std::vector<Fields> objects;
  for (const auto& line : lines_of(session)) {
    auto fields = JsonReader(line).object();
    EXPECT_TRUE(fields) << "no JSON: " << line;
    if (fields)
      objects.push_back(*std::move(fields));
  }
  return objects;
}

Fields first(const std::vector<Fields>& objects, const std::string& type) {
  for (const auto& fields : objects)
    if (fields.at("type") == type)
      return fields;
  ADD_FAILURE() << "no line of type " << type;
  return {};
}

void expect_fields(const Fields& fields, const Fields& expected) {
  for (const auto& field : expected) EXPECT_THAT(fields, Contains(field));
}

TEST(Jsonl, SaysEveryFieldOfEachEventByName) {
  const Recording recording(Level::tasks);
  auto& to = *recording.recorder;
  const int heartbeat = 0;
  const auto name = to.intern(&heartbeat, "heartbeat", "/srv/app/chat.py", 41);
  to.loop_start();
  const auto handle = to.handle_opened(HandleKind::tcp, name, 7);
  to.task_created(name, 5);
  to.phase_begin(Phase::idle, 2);
  to.timer_set(name, 3, 1'000'000);
  to.callback_begin(CallbackKind::timer, name, 123, kReadyIsNs, 5);
  to.bytes_written(handle, 10);
  to.callback_end();
  to.timer_fired(name, 3, 0, to.ticks());
  to.timer_cancelled(name, 4);
  to.phase_end(1);
  to.prepare_begin();
  to.poll_begin({12, PollReason::until_timer, name, 0, 1, 1'000'000});
  to.poll_wake(to.ticks(), 0, true);
  to.wakeup();
  to.bytes_read(handle, 1024);
  to.poll_end(3);
  to.handle_closed(HandleKind::tcp, handle);
  to.task_done(name, 5);
  to.set_level(Level::phases);
  recording.turn();
  to.loop_stop();

  const auto objects = objects_of(*recording.session);
  const Fields function{{"name", "heartbeat"}, {"file", "/srv/app/chat.py"}, {"line", "41"}};
  for (const auto& fields : objects) {
    EXPECT_TRUE(fields.contains("t_ns"));
    EXPECT_TRUE(fields.contains("phase"));
  }
  EXPECT_EQ(first(objects, "loop_start").at("thread"), std::to_string(gettid()));
  expect_fields(first(objects, "iteration_begin"), {{"iteration", "1"}, {"inferred", "true"}});
  expect_fields(first(objects, "phase_begin"), {{"phase", "idle"}, {"waiting", "2"}, {"iteration", "1"}});
  expect_fields(first(objects, "poll_begin"), {{"phase", "poll"},
                                               {"iteration", "1"},
                                               {"timeout_ms", "12"},
                                               {"reason", "until_timer"},
                                               {"culprit", "heartbeat chat.py:41"}});
  expect_fields(first(objects, "poll_wake"), {{"gil_wait_ns", "0"}, {"slept", "true"}});
  expect_fields(first(objects, "poll_end"), {{"events", "3"}, {"iteration", "1"}});
  expect_fields(first(objects, "callback_begin"), function);
  expect_fields(first(objects, "callback_begin"), {{"kind", "timer"}, {"t_ready_ns", "123"}, {"object", "5"}});
  expect_fields(first(objects, "callback_end"), function);
  expect_fields(first(objects, "callback_end"), {{"kind", "timer"}, {"object", "5"}});
  expect_fields(first(objects, "timer_set"), {{"timer", "3"}, {"due_ns", "1000000"}});
  expect_fields(first(objects, "timer_fired"), function);
  expect_fields(first(objects, "timer_fired"), {{"timer", "3"}, {"due_ns", "null"}});
  expect_fields(first(objects, "timer_cancelled"), {{"timer", "4"}});
  expect_fields(first(objects, "handle_opened"), {{"handle", "1"}, {"kind", "tcp"}, {"fd", "7"}});
  expect_fields(first(objects, "handle_closed"), {{"handle", "1"}, {"kind", "tcp"}});
  expect_fields(first(objects, "bytes_read"), {{"handle", "1"}, {"bytes", "1024"}});
  expect_fields(first(objects, "bytes_written"), {{"handle", "1"}, {"bytes", "10"}});
  expect_fields(first(objects, "task_created"), {{"task", "5"}, {"name", "heartbeat"}, {"noticed", "false"}});
  expect_fields(first(objects, "task_done"), {{"task", "5"}, {"destroyed", "false"}});
  expect_fields(first(objects, "level_changed"), {{"level", "phases"}, {"viewer_pid", "0"}});
  first(objects, "wakeup");
  first(objects, "loop_stop");
}

TEST(Jsonl, SaysMinusOneForNoTimeoutAndNullForNoCulprit) {
  const Recording recording(Level::phases);
  recording.recorder->poll_begin({-1, PollReason::forever, kNoName, 0, 0, 0});
  expect_fields(first(objects_of(*recording.session), "poll_begin"),
                {{"timeout_ms", "-1"}, {"reason", "forever"}, {"culprit", "null"}});
}

TEST(Jsonl, SaysNullWhereACallbackHasNoFileOrNoTimeOfReadiness) {
  const Recording recording(Level::callbacks);
  const int builtin = 0;
  const auto name = recording.recorder->intern(&builtin, "print", "", 0);
  recording.recorder->callback_begin(CallbackKind::soon, name, 0, 0, 0);
  expect_fields(first(objects_of(*recording.session), "callback_begin"),
                {{"name", "print"}, {"file", "null"}, {"line", "null"}, {"t_ready_ns", "null"}});
}

TEST(Jsonl, SaysHowManyEventsWereLost) {
  const Recording recording(Level::phases);
  for (std::uint64_t i = 0; i < kLeastRingEvents; ++i) recording.turn();
  const auto objects = objects_of(*recording.session);
  const auto& fields = objects.at(0);
  EXPECT_THAT(fields, Contains(Pair("type", "lost")));
  EXPECT_THAT(fields, Contains(Pair("t_ns", objects.at(1).at("t_ns")))) << "they happened before the next event";
  EXPECT_THAT(fields, Contains(Pair("phase", "null")));
  // All that were written but those that the ring holds; the slot that is written next is not trusted.
  const auto lost = recording.session->head() - kLeastRingEvents + 1;
  EXPECT_GE(lost, 2 * kLeastRingEvents + 1);
  EXPECT_THAT(fields, Contains(Pair("count", std::to_string(lost))));
}

TEST(Jsonl, SaysNullForTheTimeOfLostEventsThatNothingFollows) {
  const Recording recording(Level::phases);
  std::stringstream out;
  JsonlWriter(*recording.session, out).lost(7, {});
  EXPECT_EQ(out.str(), "{\"t_ns\":null,\"type\":\"lost\",\"phase\":null,\"count\":7}\n");
}

TEST(Jsonl, EscapesWhatAStrangerPutIntoAName) {
  const Recording recording(Level::callbacks);
  const int evil = 0;
  const std::string name =
      "a\"b\\c\n\x01\x7F\xFF\xC3(\xED\xA0\x80\xF4\x90\x80\x80 \xC3\xA4\xF0\x9F\x98\x80</script>";
  const auto id = recording.recorder->intern(&evil, name, "/tmp/\"\n.py", 1);
  recording.recorder->callback_begin(CallbackKind::soon, id, 0, 0, 0);
  const auto fields = first(objects_of(*recording.session), "callback_begin");
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(fields.at("name"), "a\"b\\c\n\x01\x7F" + bad + bad + "(" + bad + bad + bad + bad + bad + bad + bad +
                                   " \xC3\xA4\xF0\x9F\x98\x80</script>");
  EXPECT_EQ(fields.at("file"), "/tmp/\"\n.py");
}

TEST(Jsonl, IsJsonForNamesOfRandomBytes) {
  std::mt19937 random(11);
  const Recording recording(Level::callbacks);
  std::vector<char> keys(500);
  for (auto& key : keys) {
    std::string name(1 + random() % 40, ' ');
    for (auto& byte : name) byte = static_cast<char>(random());
    const auto id = recording.recorder->intern(&key, name, name, 1);
    recording.recorder->callback_begin(CallbackKind::soon, id, 0, 0, 0);
    recording.recorder->callback_end();
  }
  const auto objects = objects_of(*recording.session);
  ASSERT_EQ(objects.size(), 2 * keys.size());
  for (const auto& fields : objects) {
    const auto& name = fields.at("name");
    for (std::size_t at = 0; at < name.size(); at += character_at(name, at).bytes)
      ASSERT_NE(character_at(name, at).code_point, kNoCharacter) << "no UTF-8";
  }
}

TEST(Jsonl, LosesNothingOfWhatATerminalMightObey) {
  const Recording recording(Level::callbacks);
  const int evil = 0;
  const std::string name =
      "\x1b[2J\a\xC2\x9B"
      "31m \xE2\x80\xAE \xE2\x80\xA8 \xF3\xA0\x81\x81";
  const auto id = recording.recorder->intern(&evil, name, "/srv/chat.py", 12);
  recording.recorder->callback_begin(CallbackKind::soon, id, 0, 0, 0);
  const auto lines = lines_of(*recording.session);
  EXPECT_EQ(first(objects_of(*recording.session), "callback_begin").at("name"), name);
  for (const auto& line : lines) EXPECT_EQ(printable(line), line);
}

TEST(Jsonl, SaysWhereATaskStandsAndWhatItAwaits) {
  const Recording recording(Level::tasks);
  Recorder& to = *recording.recorder;
  const char functions[2] = {};
  const auto worker = to.intern(&functions[0], "worker", "/srv/shop.py", 20);
  const auto acquire = to.intern(&functions[1], "Lock.acquire", "/usr/lib/locks.py", 90);
  const auto frame = to.intern_frame(to.intern_frame(kNoName, worker, 31), acquire, 114);
  to.step_stopped(7, AwaitKind::future, frame, 0);
  const auto stopped = first(objects_of(*recording.session), "step_stopped");
  EXPECT_EQ(stopped.at("stands"), "Lock.acquire locks.py:114 < worker shop.py:31");
  EXPECT_EQ(stopped.at("awaits"), "future");
}

TEST(Jsonl, SaysWhatTheProgramSays) {
  const Recording recording(Level::phases);
  Recorder& to = *recording.recorder;
  to.mark(to.intern_text("deploy"), to.intern_text("version='1.4'"), 3);
  const auto mark = first(objects_of(*recording.session), "mark");
  EXPECT_EQ(mark.at("text"), "deploy");
  EXPECT_EQ(mark.at("details"), "version='1.4'");
}

}  // namespace
}  // namespace loopscope::tracer
