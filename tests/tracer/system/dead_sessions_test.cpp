// What the dead may keep, in number and in bytes.

#include "tracer/system/dead_sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/tracer/sessions.h"
#include "tests/tracer/small_file_system.h"
#include "tracer/read/session_list.h"
#include "tracer/system/session_directory.h"

namespace loopscope::tracer {
namespace {

using testing::SessionDirectory;
using testing::small_facts;
using testing::SmallFileSystem;

constexpr std::uint32_t kNoProcess = 4'194'305;  // beyond the highest pid of Linux
constexpr std::uint64_t kMiB = 1U << 20U;

class Dead : public ::testing::Test {
 protected:
  ~Dead() override { unsetenv("LOOPSCOPE_DEAD_BYTES"); }
  [[nodiscard]] std::string path(std::uint64_t start) const {
    return directory.path() + "/" + session_file_name({kNoProcess, 1, start});
  }
  void leave(std::uint64_t start, std::uint64_t size_bytes) const {
    std::ofstream(path(start), std::ios::binary)
        << std::string(kMagic, sizeof(kMagic)) << std::string(size_bytes - sizeof(kMagic), 'x');
  }
  /// Which of those that start 1, 2, 3 ... are left.
  [[nodiscard]] std::vector<std::uint64_t> left(std::uint64_t last) const {
    std::vector<std::uint64_t> found;
    for (std::uint64_t start = 1; start <= last; ++start)
      if (std::filesystem::exists(path(start)))
        found.push_back(start);
    return found;
  }
  SessionDirectory directory;
};

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST_F(Dead, SessionsAreKeptInABoundedNumberTheNewestFirst) {
  for (std::uint64_t start = 1; start <= kDeadSessionsKept + 8; ++start) leave(start, 16);
  DeadSessions(directory.path()).discard_surplus();
  const auto kept = left(kDeadSessionsKept + 8);
  EXPECT_THAT(kept, SizeIs(kDeadSessionsKept));
  EXPECT_EQ(kept.front(), 9U);
}

TEST_F(Dead, SessionsAreKeptInBoundedMemory) {
  for (std::uint64_t start = 1; start <= 10; ++start) leave(start, 10 * kMiB);
  DeadSessions(directory.path()).discard_surplus();
  EXPECT_THAT(left(10), ElementsAre(5, 6, 7, 8, 9, 10)) << "64 MiB";
}

TEST_F(Dead, SessionsAreKeptInAsMuchMemoryAsTheUserSays) {
  for (std::uint64_t start = 1; start <= 4; ++start) leave(start, 8192);
  setenv("LOOPSCOPE_DEAD_BYTES", "20000", 1);
  DeadSessions(directory.path()).discard_surplus();
  EXPECT_THAT(left(4), ElementsAre(3, 4));
  setenv("LOOPSCOPE_DEAD_BYTES", "0", 1);
  DeadSessions(directory.path()).discard_surplus();
  EXPECT_THAT(left(4), ElementsAre());
}

TEST_F(Dead, SessionsAreTakenAndNoOtherFilesWhateverTheirNames) {
  setenv("LOOPSCOPE_DEAD_BYTES", "0", 1);
  std::ofstream(path(1)) << "my thesis, version 1.2.3\n";
  std::ofstream(path(2)) << "";
  std::ofstream(path(3)) << std::string(100'000, '\0');
  DeadSessions dead(directory.path());
  dead.discard_surplus();
  EXPECT_FALSE(dead.discard_oldest());
  std::string error;
  EXPECT_EQ(clean_dead_sessions(error), 0);
  EXPECT_THAT(left(3), ElementsAre(1, 2, 3));
}

TEST_F(Dead, SessionsDoNotCountTheLiving) {
  std::string error;
  const auto session = WritableSession::create(small_facts(), error);
  ASSERT_TRUE(session) << error;
  setenv("LOOPSCOPE_DEAD_BYTES", "0", 1);
  DeadSessions dead(directory.path());
  dead.discard_surplus();
  EXPECT_FALSE(dead.discard_oldest());
  EXPECT_TRUE(std::filesystem::exists(session->path()));
}

TEST(DeadInASmallFileSystem, KeepAQuarterOfIt) {
  const SmallFileSystem system(kMiB);
  if (!system.mounted())
    GTEST_SKIP() << "mounting a file system takes root";
  for (std::uint64_t start = 1; start <= 5; ++start)
    system.file(session_file_name({kNoProcess, 1, start}), kMiB / 8);
  DeadSessions(system.path()).discard_surplus();
  EXPECT_FALSE(std::filesystem::exists(system.path() + "/" + session_file_name({kNoProcess, 1, 3})));
  EXPECT_TRUE(std::filesystem::exists(system.path() + "/" + session_file_name({kNoProcess, 1, 4})));
}

}  // namespace
}  // namespace loopscope::tracer
