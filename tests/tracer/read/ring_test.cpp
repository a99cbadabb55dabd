// The ring on plain memory, its position set by hand.

#include <gtest/gtest.h>

#include "tests/tracer/sessions.h"
#include "tracer/write/ring_writer.h"

namespace loopscope::tracer {
namespace {

using testing::MemorySession;

constexpr std::uint64_t kCapacity = kLeastRingEvents;

class Ring : public ::testing::Test {
 protected:
  /// As if `position` events had been written before.
  void start_at(std::uint64_t position) {
    memory.writable->track_counts().head = position;
    writer = RingWriter(memory.writable->ring(), &memory.writable->track_counts().head);
  }
  /// Each event says its position in `a`.
  void write(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i)
      writer.write({.ticks = writer.position(), .type = EventType::wakeup, .a = writer.position()});
  }
  void expect_batch(std::uint64_t first, std::uint64_t count, std::uint64_t lost) const {
    EXPECT_EQ(batch.first_position, first);
    EXPECT_EQ(batch.lost, lost);
    ASSERT_EQ(batch.events.size(), count);
    for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(batch.events[i].a, first + i);
  }

  MemorySession memory;
  RingWriter writer{memory.writable->ring(), &memory.writable->track_counts().head};
  RingReader::Batch batch;
};

TEST_F(Ring, HasNothingToReadBeforeTheFirstEvent) {
  RingReader reader(memory.session());
  EXPECT_FALSE(reader.read(batch, 10));
  EXPECT_TRUE(batch.events.empty());
  EXPECT_EQ(batch.lost, 0U);
}

TEST_F(Ring, HandsOutWhatWasWrittenInOrderAndOnce) {
  RingReader reader(memory.session());
  write(3);
  ASSERT_TRUE(reader.read(batch, 10));
  expect_batch(0, 3, 0);
  EXPECT_FALSE(reader.read(batch, 10));
  write(1);
  ASSERT_TRUE(reader.read(batch, 10));
  expect_batch(3, 1, 0);
}

TEST_F(Ring, HandsOutNoMoreThanTheLimit) {
  RingReader reader(memory.session());
  write(5);
  ASSERT_TRUE(reader.read(batch, 2));
  expect_batch(0, 2, 0);
  ASSERT_TRUE(reader.read(batch, 2));
  expect_batch(2, 2, 0);
  ASSERT_TRUE(reader.read(batch, 2));
  expect_batch(4, 1, 0);
}

TEST_F(Ring, KeepsEveryFieldOfAnEvent) {
  const Event event{123456789, EventType::callback_begin, Phase::idle, 4, kReadyIsNs, 77, 0xFEDCBA9876543210U, 42};
  writer.write(event);
  RingReader reader(memory.session());
  ASSERT_TRUE(reader.read(batch, 10));
  const auto& read = batch.events.at(0);
  EXPECT_EQ(read.ticks, event.ticks);
  EXPECT_EQ(read.type, event.type);
  EXPECT_EQ(read.phase, event.phase);
  EXPECT_EQ(read.kind, event.kind);
  EXPECT_EQ(read.flags, event.flags);
  EXPECT_EQ(read.name, event.name);
  EXPECT_EQ(read.a, event.a);
  EXPECT_EQ(read.b, event.b);
}

TEST_F(Ring, ShowsALateReaderTheOldestWholeEvents) {
  start_at(10 * kCapacity);
  write(kCapacity + 5);
  RingReader reader(memory.session());
  ASSERT_TRUE(reader.read(batch, 2 * kCapacity));
  // One fewer than the capacity: the writer may be at work on the oldest.
  expect_batch(10 * kCapacity + 6, kCapacity - 1, 0);
}

TEST_F(Ring, ShowsAReaderThatStartsAtTheLatestOnlyWhatComesAfter) {
  write(5);
  RingReader reader(memory.session(), RingReader::Start::latest);
  EXPECT_FALSE(reader.read(batch, 10));
  write(2);
  ASSERT_TRUE(reader.read(batch, 10));
  expect_batch(5, 2, 0);
}

TEST_F(Ring, CountsWhatALappedReaderLost) {
  RingReader reader(memory.session());
  write(1);
  ASSERT_TRUE(reader.read(batch, 10));
  write(kCapacity + 100);
  ASSERT_TRUE(reader.read(batch, 10));
  expect_batch(102, 10, 101);
  EXPECT_EQ(reader.lost_total(), 101U);
  ASSERT_TRUE(reader.read(batch, kCapacity));
  expect_batch(112, kCapacity - 11, 0);
}

TEST_F(Ring, CountsTheLossOfWholeLaps) {
  RingReader reader(memory.session());
  write(7 * kCapacity);
  ASSERT_TRUE(reader.read(batch, kCapacity));
  expect_batch(6 * kCapacity + 1, kCapacity - 1, 6 * kCapacity + 1);
}

TEST_F(Ring, ReaderExactlyOneEventBehindTheWriterLosesNothing) {
  RingReader reader(memory.session());
  write(kCapacity - 1);
  ASSERT_TRUE(reader.read(batch, kCapacity));
  expect_batch(0, kCapacity - 1, 0);
}

TEST_F(Ring, GivesSeveralReadersTheirOwnPositions) {
  RingReader first(memory.session());
  RingReader second(memory.session());
  write(4);
  ASSERT_TRUE(first.read(batch, 3));
  expect_batch(0, 3, 0);
  ASSERT_TRUE(second.read(batch, 1));
  expect_batch(0, 1, 0);
  ASSERT_TRUE(first.read(batch, 3));
  expect_batch(3, 1, 0);
  ASSERT_TRUE(second.read(batch, 9));
  expect_batch(1, 3, 0);
}

TEST_F(Ring, KeepsWritingWhenAReaderStops) {
  const RingReader stopped(memory.session());
  write(100 * kCapacity);
  EXPECT_EQ(memory.session().head(), 100 * kCapacity);
}

TEST_F(Ring, ReusesTheMemoryOfABatch) {
  RingReader reader(memory.session());
  write(1000);
  ASSERT_TRUE(reader.read(batch, 1000));
  const auto* memory_before = batch.events.data();
  write(1000);
  ASSERT_TRUE(reader.read(batch, 1000));
  EXPECT_EQ(batch.events.data(), memory_before);
}

TEST_F(Ring, WhosePositionJumpsBackHandsOutNothingTwice) {
  RingReader reader(memory.session());
  write(10);
  ASSERT_TRUE(reader.read(batch, 100));
  memory.writable->track_counts().head = 3;
  EXPECT_FALSE(reader.read(batch, 100));
}

TEST_F(Ring, WhosePositionIsAbsurdIsReadWithinBounds) {
  RingReader reader(memory.session());
  memory.writable->track_counts().head = UINT64_MAX;
  ASSERT_TRUE(reader.read(batch, 1U << 30U));
  EXPECT_LE(batch.events.size(), kCapacity);
}

}  // namespace
}  // namespace loopscope::tracer
