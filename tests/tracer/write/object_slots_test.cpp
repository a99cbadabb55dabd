#include "tracer/write/object_slots.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/tracer/sessions.h"

namespace loopscope::tracer {
namespace {

using testing::MemorySession;

class Slots : public ::testing::Test {
 protected:
  bool open(std::uint64_t id) {
    return slots.open({.id = id, .since_ticks = id * 10, .name = 3, .fd = static_cast<std::int64_t>(id * 2)});
  }
  [[nodiscard]] std::vector<OpenHandle> live() const { return memory.session().handles(); }

  MemorySession memory;
  HandleSlots slots{memory.writable->handle_slots()};
};

TEST_F(Slots, ShowWhatIsOpen) {
  EXPECT_TRUE(open(5));
  ASSERT_EQ(live().size(), 1U);
  EXPECT_EQ(live()[0].id, 5U);
  EXPECT_EQ(live()[0].name, 3U);
  EXPECT_EQ(live()[0].fd, 10);
}

TEST_F(Slots, ForgetWhatWasClosed) {
  open(5);
  open(6);
  EXPECT_TRUE(slots.close(5));
  ASSERT_EQ(live().size(), 1U);
  EXPECT_EQ(live()[0].id, 6U);
}

TEST_F(Slots, DoNotCloseWhatTheyDoNotHold) {
  EXPECT_FALSE(slots.close(1));
  open(1);
  EXPECT_TRUE(slots.close(1));
  EXPECT_FALSE(slots.close(1));
  EXPECT_FALSE(slots.close(0));
}

TEST_F(Slots, HoldOneIdOnce) {
  open(5);
  EXPECT_TRUE(open(5));
  EXPECT_EQ(live().size(), 1U);
  EXPECT_EQ(slots.open_count(), 1U);
}

TEST_F(Slots, AreUsedAgain) {
  for (std::uint64_t id = 1; id < 10 * kDefaultSlotCount; ++id) {
    ASSERT_TRUE(open(id));
    ASSERT_TRUE(slots.close(id));
  }
  EXPECT_TRUE(live().empty());
}

TEST_F(Slots, RefuseMoreThanThereAre) {
  for (std::uint64_t id = 1; id <= kDefaultSlotCount; ++id) ASSERT_TRUE(open(id));
  EXPECT_FALSE(open(kDefaultSlotCount + 1));
  EXPECT_FALSE(slots.close(kDefaultSlotCount + 1));
  EXPECT_TRUE(slots.close(7));
  EXPECT_TRUE(open(kDefaultSlotCount + 1));
  EXPECT_EQ(live().size(), kDefaultSlotCount);
}

TEST_F(Slots, ShowNothingAfterTheyAreCleared) {
  for (std::uint64_t id = 1; id <= 100; ++id) open(id);
  slots.close(50);
  slots.clear();
  EXPECT_TRUE(live().empty());
  EXPECT_EQ(slots.open_count(), 0U);
  EXPECT_TRUE(open(1));
  EXPECT_EQ(live().size(), 1U);
}

TEST_F(Slots, AgreeWithAMapWhateverIsOpenedAndClosed) {
  std::mt19937 random(7);
  std::map<std::uint64_t, bool> expected;
  for (int i = 0; i < 200'000; ++i) {
    // Ids far apart and close together: runs in the table grow, wrap around and are torn by closing.
    const std::uint64_t id = 1 + random() % 3000 * (random() % 2 == 0 ? 1 : 0x100000001ULL);
    if (random() % 2 == 0) {
      ASSERT_TRUE(open(id));
      expected[id] = true;
    } else {
      ASSERT_EQ(slots.close(id), expected.erase(id) == 1);
    }
    ASSERT_EQ(slots.open_count(), expected.size());
  }
  const auto shown = live();
  ASSERT_EQ(shown.size(), expected.size());
  for (const auto& object : shown) EXPECT_TRUE(expected.contains(object.id));
}

TEST(NoSlots, HoldNothing) {
  HandleSlots none;
  EXPECT_FALSE(none.open({.id = 1}));
  EXPECT_FALSE(none.close(1));
  none.clear();
}

}  // namespace
}  // namespace loopscope::tracer
