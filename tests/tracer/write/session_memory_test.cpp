// A session takes its memory as it is used; where there is no more of it the program goes on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <iterator>
#include <set>

#include "tests/tracer/environment.h"
#include "tests/tracer/sessions.h"
#include "tests/tracer/small_file_system.h"
#include "tracer/system/session_directory.h"
#include "tracer/system/shared_memory.h"

namespace loopscope::tracer {
namespace {

using ::testing::HasSubstr;
using testing::SessionDirectory;
using testing::small_facts;
using testing::SmallFileSystem;

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kEventsOfAPage = kPage / sizeof(Event);

std::uint64_t memory_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0);
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

/// A loop that records, and its reader.
struct Traced {
  explicit Traced(std::uint64_t ring_events = kDefaultRingEvents, std::uint32_t loop_number = 1) {
    auto facts = small_facts(ring_events);
    facts.loop_number = loop_number;
    auto writable = WritableSession::create(facts, error);
    EXPECT_TRUE(writable) << error;
    path = writable->path();
    recorder = Recorder(std::move(writable), Level::tasks);
    opened = Session::open(path);
    EXPECT_TRUE(opened.session) << opened.message;
  }
  void record(std::uint64_t events) {
    for (std::uint64_t i = 0; i < events; ++i) recorder.wakeup();
  }
  std::string error;
  std::string path;
  Recorder recorder;
  Session::Opened opened;
};

TEST(SessionMemory, IsThreePagesForALoopThatDoesLittle) {
  const SessionDirectory directory;
  Traced traced;
  const char key = 0;
  traced.recorder.handle_opened(HandleKind::tcp, traced.recorder.intern(&key, "tick", "a.py", 1), 5);
  traced.record(kEventsOfAPage / 2);
  EXPECT_EQ(memory_of(traced.path), 3 * kPage);
}

TEST(SessionMemory, GrowsWithWhatIsRecordedAndNothingIsLost) {
  const SessionDirectory directory;
  Traced traced(kLeastRingEvents);
  RingReader reader(*traced.opened.session);
  RingReader::Batch batch;
  std::uint64_t seen = 0;
  for (std::uint64_t written = 0; written < 2 * kLeastRingEvents; written += 7) {
    traced.record(7);
    ASSERT_TRUE(reader.read(batch, 100));
    EXPECT_EQ(batch.lost, 0U);
    ASSERT_EQ(batch.first_position, seen);
    ASSERT_EQ(batch.events.size(), 7U);
    seen += 7;
    const auto length = traced.opened.session->ring_length();
    if (length < kLeastRingEvents) {
      ASSERT_GT(length, seen) << "a ring that still grows is never full";
    }
  }
  EXPECT_EQ(traced.opened.session->ring_length(), kLeastRingEvents);
  EXPECT_EQ(traced.opened.session->counters().memory_refused, 0U);
}

TEST(SessionMemory, IsNotTakenByReading) {
  const SessionDirectory directory;
  Traced traced;
  traced.record(10);
  const auto before = memory_of(traced.path);
  (void)traced.opened.session->tasks();
  std::vector<Event> all(kDefaultRingEvents);
  traced.opened.session->copy_slots(0, all.size(), all.data());
  EXPECT_EQ(memory_of(traced.path), before);
}

class FullFileSystem : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!system.mounted())
      GTEST_SKIP() << "mounting a file system takes root";
  }
  SmallFileSystem system{64 * kPage};
};

TEST_F(FullFileSystem, LeavesTheRingAsItIsAndItGoesOn) {
  Traced traced;
  traced.record(10 * kEventsOfAPage * 64);
  const auto& session = *traced.opened.session;
  EXPECT_EQ(session.counters().memory_refused, 1U);
  EXPECT_EQ(system.free_bytes() / kPage, session.ring_length() % kEventsOfAPage);
  EXPECT_GT(session.ring_length(), 20 * kEventsOfAPage) << "what there was it took";
  RingReader reader(session);
  RingReader::Batch batch;
  ASSERT_TRUE(reader.read(batch, 1U << 20U));
  EXPECT_EQ(batch.events.size(), session.ring_length() - 1);
  EXPECT_EQ(batch.first_position + batch.events.size(), session.head()) << "the newest events are there";
}

TEST_F(FullFileSystem, CostsLaterNamesAndObjectsAndCountsThem) {
  Traced traced;
  system.file("of somebody else", 64 * kPage);
  ASSERT_EQ(system.free_bytes(), 0U);
  std::vector<char> keys(1000);
  for (auto& key : keys) traced.recorder.intern(&key, "a function", "/srv/app/main.py", 1);
  for (std::uint64_t id = 1; id <= 1000; ++id) {
    traced.recorder.task_created(kNoName, id);
    traced.recorder.handle_opened(HandleKind::tcp, kNoName, 5);
  }
  const auto counters = traced.opened.session->counters();
  EXPECT_EQ(traced.opened.session->track_counts().names_lost, 1000U);
  EXPECT_EQ(counters.slots_lost, 2000U - traced.opened.session->handles().size());
  EXPECT_EQ(counters.memory_refused, 4U) << "names, tasks, handles, ring";
  EXPECT_EQ(counters.tasks_created, 1000U);
}

TEST_F(FullFileSystem, IsAnErrorWhereNotEvenTheFirstPagesAreLeft) {
  system.file("of somebody else", 63 * kPage);
  std::string error;
  EXPECT_EQ(WritableSession::create(small_facts(), error), nullptr);
  EXPECT_THAT(error, HasSubstr("No space left"));
  EXPECT_THAT(error, HasSubstr("8 KiB"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(system.path()), {}), 1) << "no file is left";
}

TEST_F(FullFileSystem, TakesFromTheDeadFirstAndTheOldestFirst) {
  const testing::Variable kept("LOOPSCOPE_DEAD_BYTES",
                               "1000000");  // or the new loop itself gives up the larger one
  const auto oldest = system.file(session_file_name({4'194'305, 1, 1}), 20 * kPage);
  const auto newer = system.file(session_file_name({4'194'305, 1, 2}), 4 * kPage);
  Traced traced;
  system.file("of somebody else", system.free_bytes());
  traced.record(10 * kEventsOfAPage);
  EXPECT_EQ(traced.opened.session->counters().memory_refused, 0U);
  EXPECT_FALSE(std::filesystem::exists(oldest));
  EXPECT_TRUE(std::filesystem::exists(newer));
  EXPECT_GT(traced.opened.session->ring_length(), 10 * kEventsOfAPage);
}

TEST_F(FullFileSystem, OfDeadSessionsHasRoomForALivingOne) {
  const auto dead = system.file(session_file_name({4'194'305, 1, 1}), 64 * kPage);
  ASSERT_EQ(system.free_bytes(), 0U);
  const Traced traced;
  EXPECT_FALSE(std::filesystem::exists(dead));
}

TEST_F(FullFileSystem, IsNoticedByKernelsThatKnowNoBetterWayToo) {
  bool locked = false;
  int error = 0;
  const auto memory = SharedMemory::create(system.path() + "/file", 128 * kPage, locked, error);
  ASSERT_EQ(error, 0);
  auto* const start = static_cast<char*>(memory.data());
  EXPECT_EQ(take_memory_by_pages(start, 60 * kPage), 0);
  EXPECT_EQ(std::set<char>(start, start + 60 * kPage), std::set<char>{0}) << "the bytes are what they were";
  EXPECT_EQ(take_memory_by_pages(start + 60 * kPage, 60 * kPage), ENOSPC);
}

}  // namespace
}  // namespace loopscope::tracer
