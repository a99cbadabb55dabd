#include "tracer/name_interner.h"

#include <gtest/gtest.h>

#include <iterator>
#include <string>

#include "tests/tracer/sessions.h"

namespace loopscope::tracer {
namespace {

using testing::MemorySession;

class Names : public ::testing::Test {
 protected:
  const void* key(std::size_t i) const { return &keys[i]; }
  [[nodiscard]] Name read(NameId id) const { return memory.session().name(id); }

  char keys[65536] = {};
  MemorySession memory;
  NameInterner names{memory.writable->names(), memory.writable->header().names_bytes,
                     &memory.writable->counters()};
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
  const auto used = memory.writable->counters().names_used_bytes;
  EXPECT_EQ(names.intern(key(1), "tick", "a.py", 1), id);
  EXPECT_EQ(names.find(key(1)), id);
  EXPECT_EQ(memory.writable->counters().names_used_bytes, used);
}

TEST_F(Names, OfTwoKeysAreTwo) {
  EXPECT_NE(names.intern(key(1), "f", "a.py", 1), names.intern(key(2), "f", "a.py", 1));
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

TEST_F(Names, ThatFindNoRoomAreCountedOnceAndHaveNoId) {
  const std::string long_file(kMaxFileBytes, 'p');
  std::size_t i = 0;
  while (names.intern(key(i), "f", long_file, 1) != kNoName) ASSERT_LT(++i, std::size(keys));
  EXPECT_GT(i, 500U);
  EXPECT_EQ(memory.session().counters().names_lost, 1U);
  EXPECT_EQ(names.intern(key(i), "f", long_file, 1), kNoName);
  EXPECT_EQ(memory.session().counters().names_lost, 1U);
  EXPECT_EQ(names.intern(key(i + 1), "f", long_file, 1), kNoName);
  EXPECT_EQ(memory.session().counters().names_lost, 2U);
  EXPECT_EQ(read(names.find(key(i - 1))).file, long_file);
}

TEST_F(Names, ThatNobodyWroteAreUnknownToAReader) {
  const auto last = names.intern(key(1), "f", "a.py", 1);
  for (const NameId id : {kNoName, last + 1, last + 1000, NameId{0x7FFFFFFF}, NameId{0xFFFFFFFF}})
    EXPECT_EQ(read(id).function, "?") << id;
}

TEST(NullInterner, LearnsNothing) {
  NameInterner none;
  EXPECT_EQ(none.intern(&none, "f", "a.py", 1), kNoName);
  EXPECT_EQ(none.find(&none), kNoName);
}

}  // namespace
}  // namespace loopscope::tracer
