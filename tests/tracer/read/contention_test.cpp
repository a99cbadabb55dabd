// A writer at full speed, readers beside it: nothing torn ever passes for whole.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/tracer/sessions.h"
#include "tracer/write/present_writer.h"
#include "tracer/write/ring_writer.h"

namespace loopscope::tracer {
namespace {

using testing::MemorySession;

constexpr auto kDuration = std::chrono::milliseconds(400);
constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15U;

/// Every word of the event at a position follows from it.
Event event_at(std::uint64_t position) {
  return {.ticks = position,
          .type = EventType::wakeup,
          .phase = static_cast<Phase>(position % kPhaseCount),
          .kind = static_cast<std::uint8_t>(position),
          .flags = 0,
          .name = static_cast<NameId>(position * 3),
          .a = ~position,
          .b = position * kMix};
}

bool is_whole(const Event& event, std::uint64_t position) {
  const auto expected = event_at(position);
  return event.ticks == expected.ticks && event.type == expected.type && event.phase == expected.phase &&
         event.kind == expected.kind && event.name == expected.name && event.a == expected.a &&
         event.b == expected.b;
}

struct Seen {
  std::uint64_t events = 0;
  std::uint64_t lost = 0;
  std::uint64_t torn = 0;
  std::uint64_t out_of_place = 0;
};

Seen read_until(const Session& session, const std::atomic<bool>& stop, std::size_t limit,
                std::chrono::microseconds pause = {}) {
  Seen seen;
  RingReader reader(session);
  auto expected = reader.cursor();
  RingReader::Batch batch;
  while (!stop.load(std::memory_order_relaxed)) {
    if (!reader.read(batch, limit))
      continue;
    seen.lost += batch.lost;
    if (batch.first_position != expected + batch.lost)
      ++seen.out_of_place;
    auto position = batch.first_position;
    for (const auto& event : batch.events)
      if (!is_whole(event, position++))
        ++seen.torn;
    seen.events += batch.events.size();
    expected = position;
    if (pause.count() > 0)
      std::this_thread::sleep_for(pause);
  }
  return seen;
}

TEST(Contention, NoTornEventIsHandedOutAndEachIsSeenOrCountedAsLost) {
  const MemorySession memory;
  auto& head = memory.writable->track_counts().head;
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    RingWriter ring(memory.writable->ring(), &head);
    while (!stop.load(std::memory_order_relaxed)) ring.write(event_at(ring.position()));
  });
  Seen fast;
  Seen slow;
  std::thread first([&] { fast = read_until(memory.session(), stop, kLeastRingEvents); });
  std::thread second([&] { slow = read_until(memory.session(), stop, 7, std::chrono::microseconds(100)); });
  std::this_thread::sleep_for(kDuration);
  stop = true;
  for (auto* thread : {&writer, &first, &second}) thread->join();

  for (const auto& seen : {fast, slow}) {
    EXPECT_GT(seen.events, 100U);
    EXPECT_EQ(seen.torn, 0U);
    EXPECT_EQ(seen.out_of_place, 0U);
  }
  EXPECT_GT(slow.lost, 0U) << "seven events in 100 us are slower than the writer: this test must see it lapped";
}

TEST(Contention, ThePresentIsNeverSeenHalfWritten) {
  const MemorySession memory;
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    PresentWriter present(memory.writable->present());
    for (std::uint64_t n = 1; !stop.load(std::memory_order_relaxed); ++n) {
      present.poll(
          {PollReason::until_timer, static_cast<std::int32_t>(n), static_cast<NameId>(n), n, ~n, n * kMix, n},
          n * 5);
      present.callback({n, ~n, static_cast<NameId>(n), CallbackKind::soon}, 1);
    }
  });
  std::uint64_t whole = 0;
  std::uint64_t wrong = 0;
  const auto end = std::chrono::steady_clock::now() + kDuration;
  while (std::chrono::steady_clock::now() < end) {
    const auto [now, torn] = memory.session().present();
    if (torn || now.iteration == 0)
      continue;
    ++whole;
    const auto n = now.iteration;
    const bool poll = now.poll_timeout_ms == static_cast<std::int32_t>(n) &&
                      now.poll_culprit == static_cast<NameId>(n) && now.ready_depth == ~n &&
                      now.timers_pending == n * kMix && now.next_timer_ns == n && now.poll_begin_ticks == n * 5;
    const auto m = now.callback_since_ticks;
    const bool callback =
        now.callback_object == ~m && now.callback_name == static_cast<NameId>(m) && (m == n || m + 1 == n);
    if (n > 1 && !(poll && callback))
      ++wrong;
  }
  stop = true;
  writer.join();
  EXPECT_GT(whole, 1000U);
  EXPECT_EQ(wrong, 0U);
}

TEST(Contention, NoObjectIsSeenWithAnothersFields) {
  const MemorySession memory;
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    HandleSlots slots({memory.writable->handle_slots().items<HandleSlot>(), 16 * sizeof(HandleSlot)});
    for (std::uint64_t id = 1; !stop.load(std::memory_order_relaxed); ++id) {
      slots.open(
          {.id = id, .since_ticks = 0, .name = static_cast<NameId>(id), .fd = static_cast<std::int64_t>(~id)});
      if (id > 8)
        slots.close(id - 8);
    }
  });
  std::uint64_t seen = 0;
  std::uint64_t wrong = 0;
  const auto end = std::chrono::steady_clock::now() + kDuration;
  // A busy machine's reader finds few slots that stand still between its two looks.
  while (seen <= 100 || std::chrono::steady_clock::now() < end) {
    for (const auto& handle : memory.session().handles()) {
      ++seen;
      if (handle.name != static_cast<NameId>(handle.id) || handle.fd != static_cast<std::int64_t>(~handle.id))
        ++wrong;
    }
  }
  stop = true;
  writer.join();
  EXPECT_EQ(wrong, 0U);
}

TEST(Contention, ANameIsCompleteAsSoonAsItsIdIsKnown) {
  const MemorySession memory;
  std::atomic<NameId> latest{kNoName};
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    std::vector<char> keys(8000);
    NameInterner names(memory.writable->names(), &memory.writable->track_counts());
    for (auto& key : keys) {
      const auto text = std::to_string(&key - keys.data());
      latest.store(names.intern(&key, text + "!", text + ".py", 1), std::memory_order_relaxed);
      // On one core the readers see this in the middle too.
      if ((&key - keys.data()) % 64 == 0)
        std::this_thread::yield();
    }
    stop = true;
  });
  std::uint64_t wrong = 0;
  while (!stop.load(std::memory_order_relaxed)) {
    const auto name = memory.session().name(latest.load(std::memory_order_relaxed));
    if (name.function == "?")
      continue;  // its id came to us before the table's end did
    const auto number = std::string(name.function.substr(0, name.function.size() - 1));
    if (name.function.back() != '!' || number + ".py" != name.file)
      ++wrong;
  }
  writer.join();
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace loopscope::tracer
