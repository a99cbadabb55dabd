#include "tracer/write/name_interner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/tracer/sessions.h"
#include "tracer/read/name_reader.h"

namespace loopscope::tracer {
namespace {

using testing::MemorySession;

class Names : public ::testing::Test {
 protected:
  const void* key(std::size_t i) const { return &keys[i]; }
  [[nodiscard]] Name read(NameId id) const { return memory.session().name(id); }

  char keys[65536] = {};
  MemorySession memory;
  NameInterner names{memory.writable->names(), &memory.writable->track_counts()};
};

TEST_F(Names, AreReadBackAsTheyWereGiven) {
  const auto id = names.intern(key(1), "Server.handle", "/srv/chat.py", 41);
  const auto name = read(id);
  EXPECT_EQ(name.function, "Server.handle");
  EXPECT_EQ(name.file, "/srv/chat.py");
  EXPECT_EQ(name.line, 41U);
}

TEST_F(Names, KeepTheirIdHoweverOftenTheyAreSeen) {
  const auto id = names.intern(key(1), "tick", "a.py", 1);
  const auto used = memory.writable->track_counts().names_used_bytes;
  EXPECT_EQ(names.intern(key(1), "tick", "a.py", 1), id);
  EXPECT_EQ(names.find(key(1)), id);
  EXPECT_EQ(memory.writable->track_counts().names_used_bytes, used);
}

TEST_F(Names, FramesKnowTheirFunctionTheirLineAndWhoCalledThem) {
  const auto shop = names.intern(key(1), "shop", "shop.py", 20);
  const auto acquire = names.intern(key(2), "Lock.acquire", "locks.py", 90);
  const auto outer = names.intern_frame(kNoName, shop, 31);
  const auto inner = names.intern_frame(outer, acquire, 114);
  const auto frame = memory.session().frame(inner);
  EXPECT_EQ(frame.caller, outer);
  EXPECT_EQ(frame.function, acquire);
  EXPECT_EQ(frame.line, 114U);
  EXPECT_EQ(memory.session().frame(outer).caller, kNoName);
  EXPECT_EQ(read(inner).function, "Lock.acquire") << "a frame has its function's name";
  EXPECT_EQ(read(inner).line, 114U) << "and the line at which it stands";
}

TEST_F(Names, EqualFramesAreOneAndOthersAreNot) {
  const auto f = names.intern(key(1), "f", "a.py", 1);
  const auto outer = names.intern_frame(kNoName, f, 2);
  const auto inner = names.intern_frame(outer, f, 3);
  const auto used = memory.writable->track_counts().names_used_bytes;
  EXPECT_EQ(names.intern_frame(kNoName, f, 2), outer);
  EXPECT_EQ(names.intern_frame(outer, f, 3), inner);
  EXPECT_EQ(memory.writable->track_counts().names_used_bytes, used);
  EXPECT_NE(names.intern_frame(outer, f, 4), inner);
  EXPECT_NE(names.intern_frame(inner, f, 3), inner);
}

TEST_F(Names, AFrameOfADamagedFileNeverLeadsAroundInACircle) {
  const auto f = names.intern(key(1), "f", "a.py", 1);
  const auto outer = names.intern_frame(kNoName, f, 2);
  const auto inner = names.intern_frame(outer, f, 3);
  auto* links = reinterpret_cast<FrameLinks*>(memory.writable->names().items<char>() + std::size_t{outer} * 8 + 8);
  links->caller = inner;
  EXPECT_EQ(memory.session().frame(outer).caller, kNoName);
  links->function = inner;
  EXPECT_EQ(read(outer).function, "?") << "a frame is no function";
  EXPECT_EQ(memory.session().frame(f).function, kNoName) << "and a function no frame";
}

TEST_F(Names, TextsNeedNoKey) {
  const auto id = names.intern_text("asyncio_0");
  EXPECT_EQ(names.intern_text("asyncio_0"), id);
  EXPECT_EQ(read(id).function, "asyncio_0");
  EXPECT_EQ(names.intern_text(""), kNoName);
}

TEST_F(Names, OfOneTextAreOneHoweverManyKeysHaveIt) {
  const auto id = names.intern(key(1), "f", "a.py", 1);
  const auto used = memory.writable->track_counts().names_used_bytes;
  for (std::size_t i = 2; i < 1000; ++i) ASSERT_EQ(names.intern(key(i), "f", "a.py", 1), id);
  EXPECT_EQ(memory.writable->track_counts().names_used_bytes, used);
  EXPECT_EQ(names.find(key(999)), id);
}

TEST_F(Names, ThatDifferInAnythingAreTwo) {
  const auto id = names.intern(key(1), "f", "a.py", 1);
  EXPECT_NE(names.intern(key(2), "g", "a.py", 1), id);
  EXPECT_NE(names.intern(key(3), "f", "b.py", 1), id);
  EXPECT_NE(names.intern(key(4), "f", "a.py", 2), id);
  EXPECT_NE(names.intern(key(5), "fa", ".py", 1), id);
}

TEST_F(Names, OfAForgottenKeyAreNotTheNextOnes) {
  const auto first = names.intern(key(1), "first", "a.py", 1);
  names.forget(key(1));
  EXPECT_EQ(names.find(key(1)), kNoName);
  const auto second = names.intern(key(1), "second", "a.py", 1);
  EXPECT_NE(second, first);
  EXPECT_EQ(read(names.find(key(1))).function, "second");
  EXPECT_EQ(read(first).function, "first") << "what happened keeps its name";
  names.forget(key(2));
}

TEST_F(Names, ThatWereNeverGivenAreNotFound) {
  EXPECT_EQ(names.find(key(7)), kNoName);
}

TEST_F(Names, OfFunctionsInCHaveNoFile) {
  const auto name = read(names.intern(key(1), "_asyncio.TaskStepMethWrapper", "", 0));
  EXPECT_EQ(name.function, "_asyncio.TaskStepMethWrapper");
  EXPECT_TRUE(name.file.empty());
}

TEST_F(Names, ThatAreTooLongAreCutBetweenCharacters) {
  std::string umlauts;
  while (umlauts.size() < 2 * kMaxNameBytes) umlauts += "\xC3\xA4";
  const auto name = read(names.intern(key(1), "x" + umlauts, std::string(5000, '/'), 3));
  EXPECT_EQ(name.function.size(), kMaxNameBytes - 1);
  EXPECT_EQ(name.function.back(), '\xA4');
  EXPECT_EQ(name.file.size(), kMaxFileBytes);
}

TEST_F(Names, AreFoundAgainAfterTheMapHasGrown) {
  std::vector<NameId> ids;
  for (std::size_t i = 0; i < 20'000; ++i)
    ids.push_back(names.intern(key(i), std::to_string(i) + "th", "a.py", 1));
  for (std::size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(names.find(key(i)), ids[i]);
  EXPECT_EQ(read(ids[19'999]).function, "19999th");
}

TEST(NamesInATableThatIsTooSmall, AreCountedOnceAndHaveNoId) {
  struct {
    alignas(8) char table[4096] = {};
    TrackCounts counts{.names_used_bytes = sizeof(NameEntry)};
  } session;
  auto& counts = session.counts;
  const TrackLayout track{.counts_offset = sizeof(session.table), .names_bytes = sizeof(session.table)};
  char keys[100] = {};
  NameInterner names(PartMemory(session.table, sizeof(session.table)), &counts);
  const auto bytes = SessionBytes::of(&session);
  NameReader reader(bytes, track);
  const std::string file(500, 'p');
  std::size_t i = 0;
  while (names.intern(&keys[i], std::to_string(i), file, 1) != kNoName) ASSERT_LT(++i, 10U);
  EXPECT_GT(i, 5U);
  EXPECT_EQ(counts.names_lost, 1U);
  EXPECT_EQ(names.intern(&keys[i], std::to_string(i), file, 1), kNoName);
  EXPECT_EQ(counts.names_lost, 1U);
  EXPECT_EQ(names.intern(&keys[i + 1], std::to_string(i + 1), file, 1), kNoName);
  EXPECT_EQ(counts.names_lost, 2U);
  EXPECT_EQ(reader.read(names.find(&keys[i - 1])).file, file);
}

/// More different names than the table holds.
class ManyNames : public Names {
 protected:
  static constexpr std::size_t kMany = 300'000;
  static std::string nth(std::size_t i) { return "made_" + std::to_string(i) + std::string(i % 40, '_'); }
  NameId make(std::size_t i) {
    const void* at = key(i % std::size(keys));
    names.forget(at);
    return names.intern(at, nth(i), "/srv/made.py", 1);
  }
};

TEST_F(ManyNames, NeverEndTheNamesOfLaterOnes) {
  const auto kept = names.intern(&names, "kept", "a.py", 1);
  for (std::size_t i = 0; i < kMany; ++i) ASSERT_EQ(read(make(i)).function, nth(i));
  EXPECT_EQ(memory.session().track_counts().names_lost, 0U);
  EXPECT_EQ(read(kept).function, "kept");
  EXPECT_EQ(names.find(&names), kept);
}

TEST_F(ManyNames, NeverGetANumberThatWasAnothersName) {
  NameId last = kNoName;
  for (std::size_t i = 0; i < kMany; ++i) {
    const auto id = make(i);
    ASSERT_GT(id, last);
    last = id;
  }
}

TEST_F(ManyNames, LeaveSomeThousandNewestInTheTable) {
  std::vector<NameId> ids;
  for (std::size_t i = 0; i < kMany; ++i) ids.push_back(make(i));
  Session::Opened late = Session::view(memory.writable->data(), memory.writable->header().size_bytes);
  for (std::size_t i = kMany - 5000; i < kMany; ++i) ASSERT_EQ(late.session->name(ids[i]).function, nth(i));
  std::size_t known = 0;
  for (std::size_t i = 0; i < kMany; ++i) {
    const auto function = late.session->name(ids[i]).function;
    ASSERT_TRUE(function == "?" || function == nth(i)) << i;
    known += function == "?" ? 0 : 1;
  }
  EXPECT_LT(known, 40'000U);
}

TEST_F(ManyNames, OnceReadAreKnownAfterTheyHaveLeftTheTable) {
  for (std::size_t i = 0; i < 20'000; ++i) make(i);
  const auto id = make(20'000);
  EXPECT_EQ(read(id).function, nth(20'000));
  for (std::size_t i = 20'001; i < kMany; ++i) make(i);
  EXPECT_FALSE(names.holds(id));
  EXPECT_EQ(read(id).function, nth(20'000));
}

TEST_F(ManyNames, AreWrittenAnewForWhatLivesOn) {
  for (std::size_t i = 0; i < 20'000; ++i) make(i);
  const auto before = names.intern(&names, "lives", "a.py", 1);
  EXPECT_TRUE(names.holds(before));
  for (std::size_t i = 0; i < 40'000; ++i) make(20'000 + i);
  EXPECT_FALSE(names.holds(before));
  EXPECT_EQ(names.find(&names), kNoName);
  const auto again = names.intern(&names, "lives", "a.py", 1);
  EXPECT_GT(again, before);
  EXPECT_EQ(read(again).function, "lives");
}

TEST_F(ManyNames, AreReadWholeOrNotAtAllWhileOthersTakeTheirPlace) {
  std::atomic<bool> stop{false};
  std::vector<std::atomic<NameId>> given(8192);
  std::thread writer([&] {
    for (std::size_t i = 0; !stop; ++i) {
      const void* at = key(i % std::size(keys));
      names.forget(at);
      const auto letter = static_cast<char>('a' + i % 26);
      given[i % given.size()] =
          names.intern(at, std::string(20 + i % 200, letter), std::string(i % 90, letter) + std::to_string(i), 1);
    }
  });
  std::mt19937 random(3);
  for (int i = 0; i < 200'000; ++i) {
    const auto name = read(given[random() % given.size()]);
    if (name.function == "?")
      continue;
    const auto letter = name.function[0];
    EXPECT_EQ(name.function.find_first_not_of(letter), std::string_view::npos) << name.function;
  }
  stop = true;
  writer.join();
}

TEST_F(Names, ThatNobodyWroteAreUnknownToAReader) {
  const auto last = names.intern(key(1), "f", "a.py", 1);
  for (const NameId id : {kNoName, last + 1, last + 1000, NameId{0x7FFFFFFF}, NameId{0xFFFFFFFF}})
    EXPECT_EQ(read(id).function, "?") << id;
}

/// A living program's session, which viewers read piece by piece from its file.
class FollowedNames : public ManyNames {
 protected:
  FollowedNames() : writable(WritableSession::create(testing::small_facts(), error)) {
    names = NameInterner(writable->names(), &writable->track_counts());
    auto opened = Session::open(writable->path());
    EXPECT_TRUE(opened.session) << opened.message;
    session = std::move(opened.session);
  }
  testing::SessionDirectory directory;
  std::string error;
  std::unique_ptr<WritableSession> writable;
  std::unique_ptr<Session> session;
};

TEST_F(FollowedNames, AreReadFromTheFileAsTheyCome) {
  const auto first = names.intern(&names, "first", "a.py", 1);
  EXPECT_EQ(session->name(first).function, "first");
  for (std::size_t i = 0; i < kMany; ++i) {
    const auto id = make(i);
    if (i % 97 == 0) {
      ASSERT_EQ(session->name(id).function, nth(i));
    }
  }
  EXPECT_EQ(session->name(first).function, "first");
  EXPECT_EQ(session->name(first).file, "a.py");
  EXPECT_EQ(session->track_counts().names_lost, 0U);
}

TEST_F(FollowedNames, ThatHaveLeftTheTableAreKnownIfTheyWereRead) {
  for (std::size_t i = 0; i < 20'000; ++i) make(i);
  const auto read_in_time = make(20'000);
  const auto never_read = make(20'001);
  EXPECT_EQ(session->name(read_in_time).function, nth(20'000));
  for (std::size_t i = 20'002; i < kMany; ++i) make(i);
  EXPECT_EQ(session->name(read_in_time).function, nth(20'000));
  EXPECT_EQ(session->name(never_read).function, "?");
}

TEST_F(FollowedNames, ThatWereReadStayWhenTheFileIsCutShort) {
  const auto first = names.intern(&names, "first", "a.py", 1);
  const auto second = names.intern(key(2), "second", "b.py", 2);
  EXPECT_EQ(session->name(second).function, "second");
  std::filesystem::resize_file(writable->path(), 100);
  EXPECT_EQ(session->name(first).function, "first");
  EXPECT_EQ(session->name(second).file, "b.py");
  EXPECT_EQ(session->name(second + 100).function, "?");
}

TEST(NullInterner, LearnsNothing) {
  NameInterner none;
  EXPECT_EQ(none.intern(&none, "f", "a.py", 1), kNoName);
  EXPECT_EQ(none.find(&none), kNoName);
}

}  // namespace
}  // namespace loopscope::tracer
