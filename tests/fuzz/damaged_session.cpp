#include "tests/fuzz/damaged_session.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>

#include "tracer/system/clock.h"
#include "tracer/write/recorder.h"
#include "tracer/write/writable_session.h"

namespace loopscope::testing {

using namespace tracer;

namespace {

constexpr std::uint64_t kRingEvents = 128;
constexpr std::uint64_t kSlots = 16;
constexpr std::uint64_t kNamesBytes = 2048;
constexpr std::uint64_t kWatchdogBytes = 512;

/// A few turns of a loop: callbacks in each other, timers, tasks, handles, bytes, a wait for the GIL.
void record(Recorder& recorder) {
  static const std::array<char, 6> keys{};
  recorder.loop_start();
  for (std::uint64_t number = 1; number <= keys.size(); ++number) {
    const auto name = recorder.intern(&keys[number - 1], std::to_string(number) + "th", "/srv/app/main.py", 10);
    const auto handle = recorder.handle_opened(HandleKind::tcp, name, 4);
    recorder.task_created(name, number);
    recorder.task_named(number, number % 2 == 0 ? name : kNoName, number);
    recorder.queued(CallbackKind::task_step, name, number);
    recorder.watch_changed(handle, 4, kWatchesRead);
    const auto job = recorder.job_queued(JobKind::executor, name);
    recorder.job_begun(job, recorder.intern_text("asyncio_0"));
    recorder.job_ended(job, JobEnd::returned, true);
    const auto span = recorder.span_begin(recorder.intern_text("checkout"), recorder.intern_text("order=17"));
    recorder.mark(recorder.intern_text("deploy"), kNoName, number);
    recorder.span_end(span, recorder.intern_text("checkout"));
    recorder.gc_begin(2, false);
    recorder.gc_end(2, 5, 1, false);
    recorder.phase_begin(Phase::timers, 1);
    recorder.timer_fired(name, number, monotonic_ns() - 20'000'000, recorder.ticks());
    recorder.callback_begin(CallbackKind::timer, name, monotonic_ns() - 20'000'000, kReadyIsNs, number);
    recorder.callback_end();
    recorder.phase_end(1);
    recorder.phase_begin(Phase::idle, 2);
    recorder.callback_begin(CallbackKind::task_step, name, recorder.ticks(), kFromQueue, number);
    recorder.callback_begin(CallbackKind::soon, name, recorder.ticks(), 0, 0);
    recorder.callback_end();
    recorder.timer_set(name, number, monotonic_ns());
    recorder.bytes_written(handle, 100);
    const auto outer = recorder.intern_frame(kNoName, name, 12);
    recorder.step_stopped(number, AwaitKind::task, recorder.intern_frame(outer, name, 14), number + 1);
    recorder.callback_end();
    recorder.queued(CallbackKind::soon, name, 0, kNoticed);
    recorder.unqueued(Unqueued::cancelled);
    recorder.phase_end(1);
    if (number % 2 == 0)
      recorder.task_done(name, number);
    recorder.prepare_begin();
    recorder.poll_begin({1, PollReason::until_timer, name, 0, 1, 5});
    recorder.poll_wake(recorder.ticks(), 10, true);
    recorder.bytes_read(handle, 64);
    recorder.poll_end(1);
  }
}

/// `part` of `from` to the next free place in `to`; answers where.
std::uint64_t pack(std::vector<char>& to, const char* part, std::uint64_t bytes) {
  const auto offset = to.size();
  to.insert(to.end(), part, part + bytes);
  to.resize((to.size() + 7) / 8 * 8);
  return offset;
}

std::vector<char> pack_session(const char* bytes) {
  SessionHeader header{};
  std::memcpy(&header, bytes, sizeof(header));
  auto& loop = header.tracks[static_cast<std::size_t>(Track::loop)];
  auto& watchdog = header.tracks[static_cast<std::size_t>(Track::watchdog)];
  TrackCounts counts{};
  std::memcpy(&counts, bytes + loop.counts_offset, sizeof(counts));
  std::vector<char> ring(kRingEvents * sizeof(Event));
  const auto head = counts.head;
  for (auto position = head > kRingEvents ? head - kRingEvents : 0; position < head; ++position)
    std::memcpy(ring.data() + position % kRingEvents * sizeof(Event),
                bytes + loop.ring_offset + position % loop.ring_events * sizeof(Event), sizeof(Event));

  std::vector<char> packed(sizeof(header));
  header.present_offset = pack(packed, bytes + header.present_offset, sizeof(Present));
  header.counters_offset = pack(packed, bytes + header.counters_offset, sizeof(Counters));
  header.control_offset = pack(packed, bytes + header.control_offset, sizeof(Control));
  header.handle_slots_offset = pack(packed, bytes + header.handle_slots_offset, kSlots * sizeof(HandleSlot));
  header.task_slots_offset = pack(packed, bytes + header.task_slots_offset, kSlots * sizeof(TaskSlot));
  watchdog.counts_offset = pack(packed, bytes + watchdog.counts_offset, sizeof(TrackCounts));
  watchdog.names_offset = pack(packed, bytes + watchdog.names_offset, kWatchdogBytes);
  watchdog.ring_offset = pack(packed, bytes + watchdog.ring_offset, kWatchdogBytes);
  loop.counts_offset = pack(packed, bytes + loop.counts_offset, sizeof(TrackCounts));
  loop.names_offset = pack(packed, bytes + loop.names_offset, kNamesBytes);
  loop.ring_offset = pack(packed, ring.data(), ring.size());
  header.handle_slot_count = header.task_slot_count = kSlots;
  watchdog.names_bytes = kWatchdogBytes;
  watchdog.ring_events = kWatchdogBytes / sizeof(Event);
  loop.names_bytes = kNamesBytes;
  loop.ring_events = kRingEvents;
  header.size_bytes = packed.size();
  std::memcpy(packed.data(), &header, sizeof(header));
  return packed;
}

SessionHeader header_of(const Words& words) {
  SessionHeader header{};
  std::memcpy(&header, words.data(), sizeof(header));
  return header;
}

/// The ring's place in the undamaged file: a damaged header must not lead the damage astray.
std::uint64_t ring_begins(const Words& words) {
  return words.size() - kRingEvents * sizeof(Event) / 8;
}

}  // namespace

Words rich_session(ClockSource clock, Boot boot) {
  SessionFacts facts;
  facts.libuv_version = "1.44.2";
  facts.python_version = "3.11.2";
  facts.program = "python3 chat.py --port 8000";
  facts.ring_events = kLeastRingEvents;
  auto writable = WritableSession::create_in_memory(facts);
  writable->header().clock_source = clock;
  writable->header().anchor_first = take_anchor(clock);
  writable->header().pid = 1;  // nobody's: a viewer asks whether it lives
  if (boot == Boot::another)
    std::memcpy(writable->header().boot_id, "another-boot", sizeof("another-boot"));
  const auto* bytes = static_cast<const char*>(writable->data());
  Recorder recorder(std::move(writable), Level::tasks);
  record(recorder);
  const auto packed = pack_session(bytes);
  Words words(packed.size() / 8);
  std::memcpy(words.data(), packed.data(), packed.size());
  return words;
}

void Damage::harm(Words& words) {
  for (auto count = 1 + random() % 4; count > 0; --count) {
    switch (random() % 8) {
      case 0:
      case 1:
      case 2:
        harm_word(words);
        break;
      case 3:
        shift_times(words);
        break;
      default:
        harm_event(words);
        break;
    }
  }
}

std::uint64_t Damage::odd_word(const Words& words) {
  constexpr std::uint64_t kOdd[] = {0,          1,          7,           8,           4095,      4096,
                                    0x7FFFFFFF, 0xFFFFFFFF, 1ULL << 60U, 1ULL << 61U, INT64_MAX, UINT64_MAX};
  switch (random() % 5) {
    case 0:
      return kOdd[random() % std::size(kOdd)];
    case 1:
      return kOdd[random() % std::size(kOdd)] + random() % 64 - 32;
    case 2:
      return words.size() * 8 - random() % 128;
    case 3:  // about now, on either clock
      return (random() % 2 == 0 ? monotonic_ns() : now_ticks(preferred_clock_source())) +
             random() % 20'000'000'000 - 10'000'000'000;
    default:
      return random();
  }
}

void Damage::harm_word(Words& words) {
  // All parts before the ring alike, though the header is the largest.
  const auto parts_begin = sizeof(SessionHeader) / 8;
  const auto place = random() % 3 == 0 ? random() % 40 : parts_begin + random() % (words.size() - parts_begin);
  if (random() % 2 == 0)
    words[place] ^= 1ULL << (random() % 64);
  else
    words[place] = odd_word(words);
}

void Damage::harm_event(Words& words) {
  auto* event = &words[ring_begins(words) + random() % kRingEvents * 4];
  switch (random() % 4) {
    case 0:
      event[0] = odd_word(words);
      break;
    case 1:  // another type, or one that nobody knows
      event[1] = (event[1] & ~0xFFULL) | random() % 24;
      break;
    case 2:
      event[2 + random() % 2] = odd_word(words);
      break;
    default:  // another event in its place
      std::copy_n(&words[ring_begins(words) + random() % kRingEvents * 4], 4, event);
      break;
  }
}

/// All events from one on come earlier or later.
void Damage::shift_times(Words& words) {
  const auto by = random() % 2 == 0 ? odd_word(words) : random() % 20'000'000'000 - 10'000'000'000;
  const auto capacity = header_of(words).tracks[0].ring_events == kRingEvents ? kRingEvents : 1;
  for (auto event = random() % capacity; event < kRingEvents; ++event) words[ring_begins(words) + event * 4] += by;
}

}  // namespace loopscope::testing
