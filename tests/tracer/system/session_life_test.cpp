// Whether a session's program still lives, and still writes it.

#include "tracer/system/session_life.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>

#include "tests/tracer/sessions.h"
#include "tracer/read/session_list.h"

namespace loopscope::tracer {
namespace {

using testing::SessionDirectory;
using testing::small_facts;

constexpr std::uint32_t kNoProcess = 4'194'305;  // beyond the highest pid of Linux

class Life : public ::testing::Test {
 protected:
  ~Life() override {
    if (child > 0) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
  }
  [[nodiscard]] std::unique_ptr<WritableSession> session() {
    auto made = WritableSession::create(small_facts(), error);
    EXPECT_TRUE(made) << error;
    return made;
  }
  /// A child that does `work`, and then waits to be killed or has become another program; when it has done so.
  template <typename Work>
  void start(Work&& work) {
    int ready[2] = {};
    ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
      work();
      (void)!write(ready[1], "x", 1);
      for (;;) pause();
    }
    close(ready[1]);
    char byte = 0;
    EXPECT_GE(read(ready[0], &byte, 1), 0);
    close(ready[0]);
  }
  void end() {
    kill(child, SIGKILL);
    waitpid(std::exchange(child, 0), nullptr, 0);
  }
  [[nodiscard]] bool lives(const std::string& path) const {
    int failure = 0;
    const OpenFile file(path, false, failure);
    EXPECT_EQ(failure, 0);
    const auto name = parse_session_file_name(path.substr(path.rfind('/') + 1));
    return name && session_lives(file, *name);
  }
  /// As a program of another PID namespace has it.
  static void move_to_another_namespace(WritableSession& session) {
    session.header().pid_namespace += 1;
    session.header().pid = kNoProcess;
  }
  SessionDirectory directory;
  std::string error;
  pid_t child = 0;
};

TEST_F(Life, OfASessionIsItsProgramsAndItsOwn) {
  auto made = session();
  const auto path = made->path();
  const auto copy = path + "1";
  std::filesystem::copy_file(path, copy);
  EXPECT_TRUE(lives(path));
  EXPECT_FALSE(lives(copy)) << "nobody writes a copy";
}

TEST_F(Life, EndsWithTheProcessInAnyPidNamespace) {
  std::string path;
  start([&] {
    auto made = session();
    move_to_another_namespace(*made);
    (void)made.release();
  });
  std::string trouble;
  const auto entries = list_sessions(trouble);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_TRUE(entries[0].alive) << "its pid means nothing here, its lock does";
  EXPECT_EQ(clean_dead_sessions(trouble), 0);
  end();
  EXPECT_FALSE(lives(entries[0].path));
  EXPECT_EQ(clean_dead_sessions(trouble), 1);
}

TEST_F(Life, OfAnotherPidNamespaceWithoutLocksCannotBeJudgedSoNothingRemovesIt) {
  auto made = session();
  move_to_another_namespace(*made);
  made->header().locked = 0;
  const auto copy = made->path() + "1";
  std::filesystem::copy_file(made->path(), copy);
  EXPECT_TRUE(lives(copy));
}

TEST_F(Life, EndsWithExec) {
  start([&] {
    (void)session().release();
    execl("/bin/sleep", "sleep", "1000", nullptr);
  });
  std::string trouble;
  const auto entries = list_sessions(trouble);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].pid, static_cast<std::uint32_t>(child)) << "it is the same process";
  // The kernel lets go of the old memory a little after it has closed the pipe.
  for (int i = 0; i < 1000 && lives(entries[0].path); ++i) usleep(10'000);
  EXPECT_FALSE(lives(entries[0].path));
}

TEST_F(Life, IsNotProlongedByAForkedChild) {
  auto made = session();
  start([&] { made->disown(); });
  const auto path = made->path();
  move_to_another_namespace(*made);
  EXPECT_TRUE(lives(path));
  made->disown();
  EXPECT_FALSE(lives(path)) << "only the lock could say that it lives, and the child has no part of it";
}

TEST_F(Life, OfAFileThatIsJustBeingMadeIsGranted) {
  const auto path = directory.path() + "/" + session_file_name({kNoProcess, 1, 1});
  std::ofstream(path, std::ios::binary) << std::string(8192, '\0');
  EXPECT_TRUE(lives(path));
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::minutes(5);
  std::filesystem::last_write_time(path, old);
  EXPECT_FALSE(lives(path)) << "nothing takes that long";
}

TEST_F(Life, OfAnotherProgramsSessionOfTheSameNameIsSpared) {
  auto first = session();
  move_to_another_namespace(*first);
  const auto second = session();
  ASSERT_TRUE(second);
  EXPECT_NE(first->path(), second->path());
  EXPECT_TRUE(lives(first->path()));
  EXPECT_TRUE(lives(second->path()));
}

}  // namespace
}  // namespace loopscope::tracer
