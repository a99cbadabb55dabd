// Opening sessions: what is wrong with each kind of bad file is said in a sentence.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <utility>

#include "tests/tracer/sessions.h"
#include "tracer/export/dump.h"
#include "tracer/export/jsonl.h"

namespace loopscope::tracer {
namespace {

using ::testing::HasSubstr;
using testing::SessionDirectory;
using testing::small_facts;

class OpenSession : public ::testing::Test {
 protected:
  [[nodiscard]] std::string file(const std::string& bytes, const std::string& name = "1.1.1") const {
    const auto path = directory.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  /// The bytes of a good session of a program that has ended, after `change` was done to its header.
  static std::string session_bytes(const std::function<void(SessionHeader&)>& change = [](auto&) {}) {
    const auto session = WritableSession::create_in_memory(small_facts());
    session->header().pid = 1;
    change(session->header());
    return {static_cast<const char*>(session->data()), kSmallBytes};
  }
  static void expect_problem(const std::string& path, OpenError error, const std::string& words) {
    const auto opened = Session::open(path);
    EXPECT_EQ(opened.session, nullptr);
    EXPECT_EQ(static_cast<int>(opened.error), static_cast<int>(error));
    EXPECT_THAT(opened.message, HasSubstr(words));
    EXPECT_THAT(opened.message, HasSubstr(path)) << "the sentence names the file";
  }
  void expect_damage(const std::function<void(SessionHeader&)>& change, const std::string& words) {
    expect_problem(file(session_bytes(change)), OpenError::not_a_session, words);
  }

  static inline const std::uint64_t kSmallBytes =
      WritableSession::create_in_memory(small_facts())->header().size_bytes;
  SessionDirectory directory;
};

TEST_F(OpenSession, OfAProgramThatHasEndedWorks) {
  const auto opened = Session::open(file(session_bytes()));
  ASSERT_TRUE(opened.session) << opened.message;
  EXPECT_FALSE(opened.session->alive());
  EXPECT_STREQ(opened.session->header().program, "python3 chat.py --port 8000");
}

TEST_F(OpenSession, OfThisVeryProcessIsAliveUntilItEnds) {
  std::string error;
  auto writable = WritableSession::create(small_facts(), error);
  ASSERT_TRUE(writable) << error;
  const auto path = writable->path();
  auto recorder = std::make_unique<Recorder>(std::move(writable), Level::phases);
  const auto opened = Session::open(path);
  ASSERT_TRUE(opened.session) << opened.message;
  EXPECT_TRUE(opened.session->alive());
  recorder->loop_start();
  EXPECT_EQ(opened.session->head(), 1U) << "a living session is looked at, not copied";
  recorder.reset();
  EXPECT_FALSE(opened.session->alive()) << "the process lives, its session has ended";
  EXPECT_NE(access(path.c_str(), F_OK), 0) << "a session that ends in order leaves nothing behind";
}

TEST_F(OpenSession, IsFollowedLiveInADirectoryOnDiskToo) {
  const auto on_disk = std::filesystem::current_path() / ("sessions-" + std::to_string(getpid()));
  setenv("LOOPSCOPE_DIR", on_disk.c_str(), 1);
  {
    std::string error;
    Recorder recorder(WritableSession::create(small_facts(), error), Level::phases);
    ASSERT_TRUE(recorder.session()) << error;
    const auto opened = Session::open(recorder.session()->path());
    ASSERT_TRUE(opened.session) << opened.message;
    recorder.loop_start();
    EXPECT_EQ(opened.session->head(), 1U);
  }
  std::filesystem::remove_all(on_disk);
}

TEST_F(OpenSession, ThatDoesNotExist) {
  expect_problem(directory.path() + "/4711.1.1", OpenError::no_such_session, "there is no session");
}

TEST_F(OpenSession, ThatIsADirectory) {
  expect_problem(directory.path(), OpenError::not_a_session, "is a directory");
}

TEST_F(OpenSession, ThatIsASymbolicLink) {
  const auto path = directory.path() + "/link";
  ASSERT_EQ(symlink(file(session_bytes()).c_str(), path.c_str()), 0);
  expect_problem(path, OpenError::not_a_session, "symbolic link");
}

TEST_F(OpenSession, ThatIsAFifoDoesNotHang) {
  const auto path = directory.path() + "/fifo";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  expect_problem(path, OpenError::not_a_session, "not a regular file");
}

TEST_F(OpenSession, ThatIsEmpty) {
  expect_problem(file(""), OpenError::not_a_session, "is empty");
}

TEST_F(OpenSession, ThatIsSomethingElse) {
  expect_problem(file("#!/bin/sh\necho hello\n"), OpenError::not_a_session, "not a loopscope session");
  expect_problem(file(std::string(100'000, 'x')), OpenError::not_a_session, "not a loopscope session");
}

TEST_F(OpenSession, OfAnotherVersionNamesBoth) {
  const auto path = file(session_bytes([](auto& header) { header.format_version = 99; }));
  expect_problem(path, OpenError::other_version, "version 99");
  expect_problem(path, OpenError::other_version, "version " + std::to_string(kFormatVersion));
}

TEST_F(OpenSession, OfAnotherVersionMayBeShorterThanOurHeader) {
  const auto bytes = session_bytes([](auto& header) { header.format_version = 77; }).substr(0, 64);
  expect_problem(file(bytes), OpenError::other_version, "version 77");
}

TEST_F(OpenSession, ThatIsStillBeingMade) {
  expect_damage([](auto& header) { header.format_version = 0; }, "not complete yet");
}

TEST_F(OpenSession, ThatIsCutAnywhere) {
  const auto whole = session_bytes();
  for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{8}, std::uint64_t{11}, std::uint64_t{12},
                                   std::uint64_t{100}, std::uint64_t{4095}, std::uint64_t{4096}, kSmallBytes - 1})
    expect_problem(file(whole.substr(0, size)), OpenError::truncated, "cut short");
}

TEST_F(OpenSession, OfSomebodyElse) {
  const auto path = file(session_bytes());
  if (geteuid() == 0) {
    ASSERT_EQ(chown(path.c_str(), 65534, 65534), 0);
  }
  expect_problem(geteuid() == 0 ? path : "/etc/passwd", OpenError::not_yours, "another user");
}

TEST_F(OpenSession, WhosePartsLieOutsideOfIt) {
  using Field = std::uint64_t SessionHeader::*;
  const std::pair<Field, const char*> offsets[] = {{&SessionHeader::present_offset, "present"},
                                                   {&SessionHeader::counters_offset, "counters"},
                                                   {&SessionHeader::control_offset, "control"},
                                                   {&SessionHeader::handle_slots_offset, "handle slots"},
                                                   {&SessionHeader::task_slots_offset, "task slots"}};
  for (const auto& [field, name] : offsets)
    for (const auto offset : {kSmallBytes, UINT64_MAX, UINT64_MAX - 7, std::uint64_t{0}, std::uint64_t{8193}})
      expect_damage([&, where = field](auto& header) { header.*where = offset; }, std::string("its ") + name);
}

TEST_F(OpenSession, WhoseTracksLieOutsideOfIt) {
  using Field = std::uint64_t TrackLayout::*;
  const std::pair<Field, const char*> offsets[] = {{&TrackLayout::counts_offset, "counts"},
                                                   {&TrackLayout::names_offset, "names"},
                                                   {&TrackLayout::ring_offset, "ring"}};
  const std::pair<Field, const char*> counts[] = {{&TrackLayout::names_bytes, "names"},
                                                  {&TrackLayout::ring_events, "ring"}};
  for (std::size_t track = 0; track < kTrackCount; ++track) {
    const std::string whose = track == 0 ? "its " : "its watchdog's ";
    for (const auto& [field, name] : offsets)
      for (const auto offset : {kSmallBytes, UINT64_MAX, UINT64_MAX - 7, std::uint64_t{0}, std::uint64_t{8193}})
        expect_damage([&, where = field](auto& header) { header.tracks[track].*where = offset; }, whose + name);
    for (const auto& [field, name] : counts)
      for (const auto count : {kSmallBytes, UINT64_MAX, UINT64_MAX / 32 + 1})
        expect_damage([&, where = field](auto& header) { header.tracks[track].*where = count; }, whose + name);
  }
}

TEST_F(OpenSession, WhosePartsAreTooLong) {
  using Field = std::uint64_t SessionHeader::*;
  const std::pair<Field, const char*> counts[] = {{&SessionHeader::handle_slot_count, "handle slots"},
                                                  {&SessionHeader::task_slot_count, "task slots"}};
  for (const auto& [field, name] : counts)
    for (const auto count : {kSmallBytes, UINT64_MAX, UINT64_MAX / 32 + 1})
      expect_damage([&, where = field](auto& header) { header.*where = count; }, std::string("its ") + name);
}

TEST_F(OpenSession, WhoseRingIsNoPowerOfTwo) {
  for (const std::uint64_t count : {0, 3, 100})
    expect_damage([&](auto& header) { header.tracks[0].ring_events = count; }, "power of two");
}

TEST_F(OpenSession, WhoseTextsHaveNoEnd) {
  expect_damage([](auto& header) { std::memset(header.program, 'x', sizeof(header.program)); }, "has no end");
  expect_damage([](auto& header) { std::memset(header.boot_id, 'x', sizeof(header.boot_id)); }, "has no end");
  expect_damage([](auto& header) { std::memset(header.libuv_version, 'x', sizeof(header.libuv_version)); },
                "has no end");
  expect_damage([](auto& header) { std::memset(header.python_version, 'x', sizeof(header.python_version)); },
                "has no end");
}

TEST_F(OpenSession, WhoseOrderOfPhasesIsNone) {
  expect_damage([](auto& header) { header.phase_order[3] = header.phase_order[2]; }, "order of phases");
  expect_damage([](auto& header) { header.phase_order[0] = 200; }, "order of phases");
}

TEST_F(OpenSession, WhoseClockIsUnknown) {
  expect_damage([](auto& header) { header.clock_source = static_cast<ClockSource>(7); }, "clock");
}

TEST_F(OpenSession, WhoseHeaderHasAnotherLengthIsOfAnotherVersionAndNamesBoth) {
  for (const std::uint32_t bytes : {1024U, 4096U}) {
    const auto path = file(session_bytes([&](auto& header) { header.header_bytes = bytes; }));
    expect_problem(path, OpenError::other_version, "made by another version of loopscope");
    expect_problem(path, OpenError::other_version,
                   "version 3 with a header of " + std::to_string(bytes) + " bytes");
    expect_problem(path, OpenError::other_version, "version 3 with a header of 2048 bytes");
  }
}

TEST_F(OpenSession, WhoseHeaderHasALengthThatNoVersionMakesIsDamaged) {
  for (const std::uint32_t bytes : {0U, 8U, 2047U, UINT32_MAX - 7})
    expect_damage([&](auto& header) { header.header_bytes = bytes; }, "another length");
}

TEST_F(OpenSession, OfADeadProgramIsNotReadWithoutBounds) {
  const auto path = file(session_bytes([](auto& header) { header.size_bytes = kMostSessionBytes + 8; }));
  ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(kMostSessionBytes + 8)), 0);
  expect_problem(path, OpenError::unreadable, "no program makes a session of more than 515 MiB");
}

TEST_F(OpenSession, OfTheLargestRingThatAProgramMayAskForIsReadLiveCopiedAndDead) {
  std::string error;
  Recorder recorder(WritableSession::create(small_facts(UINT64_MAX), error), Level::phases);
  ASSERT_TRUE(recorder.session()) << error;
  ASSERT_EQ(recorder.session()->header().size_bytes, kMostSessionBytes);
  recorder.loop_start();
  const auto path = recorder.session()->path();
  const auto copy = directory.path() + "/copy";
  const auto expect_read = [](const std::string& file, bool alive) {
    const auto opened = Session::open(file);
    ASSERT_TRUE(opened.session) << opened.message;
    EXPECT_EQ(opened.session->alive(), alive);
    EXPECT_EQ(opened.session->ring(Track::loop).capacity, kMostRingEvents);
    EXPECT_EQ(opened.session->head(), 1U);
  };
  expect_read(path, true);
  ASSERT_EQ(std::system(("cp --sparse=always " + path + " " + copy).c_str()), 0);
  recorder.disown();  // its lock ends, as if the program had been killed
  expect_read(path, false);
  expect_read(copy, false);
}

TEST_F(OpenSession, ThatShrinksUnderTheReaderIsStillRead) {
  const auto path = file(session_bytes());
  const auto opened = Session::open(path);
  ASSERT_TRUE(opened.session);
  ASSERT_EQ(truncate(path.c_str(), 0), 0);
  std::ostringstream text;
  write_dump(*opened.session, text);
  write_jsonl(*opened.session, text);
  EXPECT_THAT(text.str(), HasSubstr("chat.py"));
}

TEST_F(OpenSession, OfALivingProgramThatIsCutShortEndsForItsReaders) {
  std::string error;
  Recorder recorder(WritableSession::create(small_facts(), error), Level::tasks);
  ASSERT_TRUE(recorder.session()) << error;
  const char key = 0;
  const auto name = recorder.intern(&key, "tick", "a.py", 1);
  recorder.task_created(name, 7);
  recorder.loop_start();
  const auto path = recorder.session()->path();
  const auto opened = Session::open(path);
  ASSERT_TRUE(opened.session) << opened.message;
  auto& session = *opened.session;
  EXPECT_TRUE(session.take_lease(Level::callbacks));
  RingReader reader(session);
  EXPECT_EQ(session.counters().tasks_created, 1U);
  EXPECT_EQ(session.present().present.running, 1);

  for (const off_t size : {5000, 2400, 100, 0}) {
    ASSERT_EQ(truncate(path.c_str(), size), 0);
    std::ostringstream text;
    write_dump(session, text);
    write_jsonl(session, text);
    RingReader::Batch batch;
    (void)reader.read(batch, 100);
    (void)session.tasks();
    session.renew_lease();
    session.take_lease(Level::tasks);
  }
  EXPECT_FALSE(session.alive());
  EXPECT_EQ(session.counters().tasks_created, 1U) << "what was read last stays";
  EXPECT_EQ(session.present().present.running, 1);
  session.drop_lease();
  EXPECT_EQ(std::filesystem::file_size(path), 0U) << "viewers do not make it longer again";
  EXPECT_EQ(Session::open(path).error, OpenError::not_a_session);
  recorder.disown();
}

TEST_F(OpenSession, OfALivingProgramOnADiskIsCopied) {
  char pattern[] = "/var/tmp/loopscope-test-XXXXXX";
  ASSERT_NE(mkdtemp(pattern), nullptr);
  auto facts = small_facts();
  facts.directory = pattern;
  {
    std::string error;
    auto writable = WritableSession::create(facts, error);
    ASSERT_TRUE(writable) << error;
    const auto opened = Session::open(writable->path());
    ASSERT_TRUE(opened.session) << opened.message;
    std::ofstream(writable->path() + ".copy", std::ios::binary)
        << std::string(static_cast<const char*>(writable->data()), kSmallBytes);
    const auto copy = Session::open(writable->path() + ".copy");
    ASSERT_TRUE(copy.session) << copy.message;
    ASSERT_EQ(truncate((writable->path() + ".copy").c_str(), 4096), 0);
    std::ostringstream text;
    write_dump(*copy.session, text);
    EXPECT_THAT(text.str(), HasSubstr("chat.py"));
  }
  std::filesystem::remove_all(pattern);
}

TEST_F(OpenSession, InMemoryIsCheckedLikeAFile) {
  const auto bytes = session_bytes([](auto& header) { header.tracks[0].ring_offset = UINT64_MAX - 31; });
  const auto opened = Session::view(bytes.data(), bytes.size());
  EXPECT_EQ(opened.session, nullptr);
  EXPECT_THAT(opened.message, HasSubstr("its ring"));
}

TEST_F(OpenSession, ThatTheDirectoryHasNoRoomForIsAnErrorAndNoFile) {
  SessionFacts facts = small_facts();
  facts.directory = directory.path() + "/missing";
  std::string error;
  EXPECT_EQ(WritableSession::create(facts, error), nullptr);
  EXPECT_THAT(error, HasSubstr("cannot make the session file"));
}

TEST_F(OpenSession, ThatExistsAlreadyIsNotOverwritten) {
  std::string error;
  const auto first = WritableSession::create(small_facts(), error);
  ASSERT_TRUE(first) << error;
  EXPECT_EQ(WritableSession::create(small_facts(), error), nullptr);
  EXPECT_THAT(error, HasSubstr("File exists"));
}

TEST_F(OpenSession, IsMadeForItsUserAlone) {
  std::string error;
  const auto session = WritableSession::create(small_facts(), error);
  ASSERT_TRUE(session) << error;
  struct stat status {};
  ASSERT_EQ(stat(session->path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(static_cast<std::uint64_t>(status.st_size), session->header().size_bytes);
  EXPECT_LE(status.st_blocks * 512, 4 * 4096) << "memory is taken as it is used";
}

TEST_F(OpenSession, OfALivingProgramIsNotMappedWithoutBounds) {
  std::string error;
  const auto living = WritableSession::create(small_facts(), error);
  ASSERT_TRUE(living) << error;
  living->header().size_bytes = std::uint64_t{4} << 30U;
  ASSERT_EQ(truncate(living->path().c_str(), off_t{4} << 30U), 0);
  const auto opened = Session::open(living->path());
  living->header().size_bytes = kSmallBytes;
  EXPECT_EQ(static_cast<int>(opened.error), static_cast<int>(OpenError::unreadable));
  EXPECT_THAT(opened.message, HasSubstr("4096 MiB"));
}

TEST_F(OpenSession, WhoseNamesAreLongerThanAnyProgramWritesDoesNotRepeatThem) {
  const auto session = WritableSession::create_in_memory(small_facts());
  auto* names = session->names().items<char>();
  const auto put = [&](NameId id, std::uint16_t name_bytes, std::uint16_t file_bytes) {
    const NameEntry entry{1, name_bytes, file_bytes};
    std::memcpy(names + 8 * id, &entry, sizeof(entry));
  };
  std::memset(names, 'x', 200'000);
  session->track_counts().names_used_bytes = 200'000;
  put(1, kMaxNameBytes, 0);
  put(100, kMaxNameBytes + 1, 0);
  put(200, 65'535, 65'535);
  put(300, 1, kMaxFileBytes + 1);
  const auto opened = Session::view(session->data(), kSmallBytes);
  ASSERT_TRUE(opened.session) << opened.message;
  EXPECT_EQ(opened.session->name(1).function.size(), kMaxNameBytes);
  for (const NameId id : {100U, 200U, 300U}) EXPECT_EQ(opened.session->name(id).function, "?") << id;
}

TEST_F(OpenSession, WithMoreSlotsThanAnyProgramMakes) {
  const auto bytes = session_bytes([](auto& header) {
    header.size_bytes += 32U << 20U;
    header.handle_slot_count = 1U << 17U;
  });
  const auto path = file(bytes);
  ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(kSmallBytes + (32U << 20U))), 0);
  expect_problem(path, OpenError::not_a_session, "more slots");
}

}  // namespace
}  // namespace loopscope::tracer
