// Where sessions lie, which there are, and which one the user means.

#include "tracer/read/session_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/tracer/sessions.h"
#include "tracer/system/process_identity.h"
#include "tracer/system/session_directory.h"

namespace loopscope::tracer {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SessionDirectory;
using testing::small_facts;

class SessionList : public ::testing::Test {
 protected:
  std::unique_ptr<WritableSession> live(std::uint32_t loop_number) const {
    auto facts = small_facts();
    facts.loop_number = loop_number;
    std::string problem;
    auto session = WritableSession::create(facts, problem);
    EXPECT_TRUE(session) << problem;
    return session;
  }
  /// The file of a session whose program has ended.
  std::string dead(std::uint32_t pid, std::uint64_t start = 1) const {
    const auto session = WritableSession::create_in_memory(small_facts());
    session->header().pid = pid;
    session->header().process_start_ticks = start;
    session->header().created_realtime_ns = start;
    const auto path = directory.path() + "/" + session_file_name({pid, 1, start});
    std::ofstream(path, std::ios::binary)
        .write(static_cast<const char*>(session->data()),
               static_cast<std::streamsize>(session->header().size_bytes));
    return path;
  }
  static std::string own_id(int loop_number) {
    return std::to_string(getpid()) + "." + std::to_string(loop_number);
  }

  SessionDirectory directory;
  std::string error;
};

constexpr std::uint32_t kNoProcess = 4'194'305;  // beyond the highest pid of Linux

TEST_F(SessionList, IsEmptyWhereNothingRan) {
  EXPECT_THAT(list_sessions(error), IsEmpty());
  EXPECT_EQ(error, "");
  EXPECT_EQ(find_session("", error), "");
  EXPECT_THAT(error, HasSubstr("no program has run"));
}

TEST_F(SessionList, HoldsTheLivingFirst) {
  dead(kNoProcess);
  const auto session = live(1);
  const auto entries = list_sessions(error);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_TRUE(entries[0].alive);
  EXPECT_EQ(entries[0].id, own_id(1));
  EXPECT_EQ(entries[0].program, "python3 chat.py --port 8000");
  EXPECT_EQ(entries[0].python_version, "3.11.2");
  EXPECT_EQ(entries[0].libuv_version, "1.44.2");
  EXPECT_FALSE(entries[1].alive);
  EXPECT_TRUE(entries[1].readable);
}

TEST_F(SessionList, CallsAReusedPidDead) {
  dead(static_cast<std::uint32_t>(getpid()), 1);
  const auto entries = list_sessions(error);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_FALSE(entries[0].alive);
}

TEST_F(SessionList, SaysWhatIsWrongWithAFile) {
  std::ofstream(directory.path() + "/" + session_file_name({kNoProcess, 1, 1})) << "nonsense";
  std::ofstream(directory.path() + "/readme.txt") << "not a session's name";
  const auto entries = list_sessions(error);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_FALSE(entries[0].readable);
  EXPECT_THAT(entries[0].problem, HasSubstr("not a loopscope session"));
}

TEST_F(SessionList, SaysTheLevelOfEach) {
  auto recorder = Recorder(live(1), Level::callbacks);
  EXPECT_EQ(list_sessions(error).at(0).level, static_cast<int>(Level::callbacks));
}

TEST_F(SessionList, MeansTheOnlyLivingOneWhenNothingIsNamed) {
  dead(kNoProcess);
  const auto session = live(1);
  EXPECT_EQ(find_session("", error), session->path());
}

TEST_F(SessionList, MeansTheNewestDeadOneWhenNoneLives) {
  dead(kNoProcess, 5);
  const auto newest = dead(kNoProcess, 9);
  EXPECT_EQ(find_session("", error), newest);
}

TEST_F(SessionList, AsksWhichWhenSeveralLive) {
  const auto first = live(1);
  const auto second = live(2);
  EXPECT_EQ(find_session("", error), "");
  EXPECT_THAT(error, HasSubstr(own_id(1)));
  EXPECT_THAT(error, HasSubstr(own_id(2)));
  EXPECT_EQ(find_session(std::to_string(getpid()), error), "");
  EXPECT_THAT(error, HasSubstr("several loops"));
  EXPECT_EQ(find_session(own_id(2), error), second->path());
}

TEST_F(SessionList, FindsAPid) {
  const auto session = live(1);
  EXPECT_EQ(find_session(std::to_string(getpid()), error), session->path());
}

TEST_F(SessionList, TakesAPathAsItIs) {
  EXPECT_EQ(find_session("./copied/1.1.1", error), "./copied/1.1.1");
}

TEST_F(SessionList, SaysThatAProcessHasNoSession) {
  EXPECT_EQ(find_session("1", error), "");
  EXPECT_THAT(error, HasSubstr("process 1 has no session"));
  EXPECT_EQ(find_session("chat", error), "");
  EXPECT_THAT(error, HasSubstr("there is no session chat"));
}

TEST_F(SessionList, CleansTheDeadAndSparesTheLiving) {
  const auto gone = dead(kNoProcess);
  const auto session = live(1);
  EXPECT_EQ(clean_dead_sessions(error), 1);
  EXPECT_NE(access(gone.c_str(), F_OK), 0);
  EXPECT_EQ(access(session->path().c_str(), F_OK), 0);
  EXPECT_EQ(clean_dead_sessions(error), 0);
}

TEST(SessionFileNames, AreReadBack) {
  const auto name = parse_session_file_name(session_file_name({12, 3, 456789}));
  ASSERT_TRUE(name);
  EXPECT_EQ(name->pid, 12U);
  EXPECT_EQ(name->loop_number, 3U);
  EXPECT_EQ(name->process_start_ticks, 456789U);
}

TEST(SessionFileNames, OfOtherFilesAreNone) {
  for (const char* text : {"", ".", "1", "1.2", "1.2.", "1.2.3.4", "a.b.c", "1.2.3x", "-1.2.3", "99999999999.1.1"})
    EXPECT_FALSE(parse_session_file_name(text)) << text;
}

TEST_F(SessionList, DirectoryIsMadeForItsUserAlone) {
  setenv("LOOPSCOPE_DIR", (directory.path() + "/made/by/us").c_str(), 1);
  const auto path = session_directory(true, error);
  EXPECT_EQ(path, directory.path() + "/made/by/us") << error;
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(SessionList, DirectoryThatIsALinkIsRefused) {
  const auto link = directory.path() + "/link";
  ASSERT_EQ(symlink(directory.path().c_str(), link.c_str()), 0);
  for (const auto& name : {link, link + "/", link + "/."}) {
    setenv("LOOPSCOPE_DIR", name.c_str(), 1);
    EXPECT_EQ(session_directory(true, error), "") << name;
    EXPECT_THAT(error, HasSubstr("symbolic link"));
    EXPECT_THAT(list_sessions(error), IsEmpty());
    EXPECT_THAT(error, HasSubstr("symbolic link"));
  }
}

TEST_F(SessionList, DirectoryIsTheSameWhereverTheProgramGoes) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  setenv("LOOPSCOPE_DIR", "sessions", 1);
  EXPECT_EQ(session_directory(true, error), directory.path() + "/sessions") << error;
  std::filesystem::current_path(before);
}

TEST_F(SessionList, DirectoryThatOthersMayWriteIsRefused) {
  ASSERT_EQ(chmod(directory.path().c_str(), 0777), 0);
  EXPECT_EQ(session_directory(true, error), "");
  EXPECT_THAT(error, HasSubstr("chmod 700"));
}

TEST_F(SessionList, DirectoryOfSomebodyElseIsRefused) {
  if (geteuid() == 0) {
    ASSERT_EQ(chown(directory.path().c_str(), 65534, 65534), 0);
  } else {
    setenv("LOOPSCOPE_DIR", "/etc", 1);
  }
  EXPECT_EQ(session_directory(true, error), "");
  EXPECT_THAT(error, HasSubstr("belongs to user"));
}

TEST_F(SessionList, DirectoryThatIsAFileIsRefused) {
  const auto path = directory.path() + "/file";
  std::ofstream(path) << "x";
  setenv("LOOPSCOPE_DIR", path.c_str(), 1);
  EXPECT_EQ(session_directory(true, error), "");
  EXPECT_THAT(error, HasSubstr("not a directory"));
}

TEST(SessionDirectories, WithoutLoopscopeDirIsInMemory) {
  setenv("XDG_RUNTIME_DIR", "/var/tmp", 1);
  std::string error;
  const auto path = session_directory(true, error);
  unsetenv("XDG_RUNTIME_DIR");
  EXPECT_EQ(path, "/dev/shm/loopscope-" + std::to_string(geteuid()))
      << error << " (a directory on a disk is no place)";
}

TEST(ProcessIdentity, KnowsThisProcessAndNoOther) {
  EXPECT_GT(process_start_ticks(static_cast<std::uint32_t>(getpid())), 0U);
  EXPECT_EQ(process_start_ticks(kNoProcess), 0U);
  EXPECT_EQ(boot_id().size(), 36U);
}

}  // namespace
}  // namespace loopscope::tracer
