// Damaged sessions: nothing in a file can crash a reader, make it hang or make it read beyond the file.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <ostream>
#include <random>
#include <streambuf>

#include "tests/tracer/sessions.h"
#include "tracer/export/dump.h"
#include "tracer/export/jsonl.h"

namespace loopscope::tracer {
namespace {

using testing::SessionDirectory;
using testing::small_facts;

/// Swallows what is written to it and counts the bytes.
class NullBuffer : public std::streambuf {
 public:
  std::uint64_t bytes = 0;

 private:
  int_type overflow(int_type character) override {
    ++bytes;
    return character;
  }
  std::streamsize xsputn(const char*, std::streamsize count) override {
    bytes += static_cast<std::uint64_t>(count);
    return count;
  }
};

/// A session with something in every part of it.
std::vector<std::uint64_t> rich_session() {
  auto writable = WritableSession::create_in_memory(small_facts());
  const auto* data = static_cast<const std::uint64_t*>(writable->data());
  const auto size_bytes = writable->header().size_bytes;
  Recorder recorder(std::move(writable), Level::tasks);
  std::vector<char> keys(20);
  recorder.loop_start();
  for (auto& key : keys) {
    const auto number = static_cast<std::uint64_t>(&key - keys.data()) + 1;
    const auto name = recorder.intern(&key, std::to_string(number) + "th", "/srv/app/main.py", 10);
    recorder.handle_opened(HandleKind::tcp, name, 4);
    recorder.task_created(name, number);
    recorder.phase_begin(Phase::idle, 1);
    recorder.callback_begin(CallbackKind::task_step, name, recorder.ticks(), false, number);
    recorder.timer_set(name, number, monotonic_ns());
    recorder.bytes_written(number, 100);
    recorder.callback_end();
    recorder.phase_end(1);
    recorder.prepare_begin();
    recorder.poll_begin({1, PollReason::until_timer, name, 0, 1, 5});
    recorder.poll_wake(recorder.ticks(), 10, true);
    recorder.poll_end(1);
  }
  return {data, data + size_bytes / 8};
}

/// Everything a viewer does with a session.
void use(const Session& session) {
  (void)session.alive();
  (void)session.present();
  (void)session.counters();
  for (const auto& handle : session.handles()) (void)session.name(handle.name);
  for (const auto& task : session.tasks()) (void)session.name(task.name);
  for (const NameId id : {1U, 2U, 3U, 100U, 0xFFFFU, 0x20000U, 0xFFFFFFFFU}) {
    const auto name = session.name(id);
    ASSERT_LE(name.function.size(), 65535U);
    ASSERT_LE(name.file.size(), 65535U);
  }
  NullBuffer written;
  std::ostream out(&written);
  write_dump(session, out);
  write_jsonl(session, out);
  ASSERT_GT(written.bytes, 100U);
}

class Fuzz : public ::testing::Test {
 protected:
  /// A word that is likely to be somewhere near a limit.
  std::uint64_t odd_word() {
    constexpr std::uint64_t kOdd[] = {0, 1, 7, 8, 4095, 4096, 0x7FFFFFFF, 0xFFFFFFFF, INT64_MAX, UINT64_MAX};
    switch (random() % 4) {
      case 0:
        return kOdd[random() % std::size(kOdd)];
      case 1:
        return kOdd[random() % std::size(kOdd)] + random() % 64 - 32;
      case 2:
        return bytes.size() * 8 - random() % 128;
      default:
        return random();
    }
  }
  /// A word of a part that matters: most of the file is an empty ring and empty slots.
  std::size_t interesting_place() {
    SessionHeader header{};
    std::memcpy(&header, original.data(), sizeof(header));
    const std::uint64_t starts[] = {0,
                                    0,
                                    header.present_offset,
                                    header.counters_offset,
                                    header.handle_slots_offset,
                                    header.task_slots_offset,
                                    header.names_offset,
                                    header.ring_offset};
    return starts[random() % std::size(starts)] / 8 + random() % 64;
  }
  void damage() {
    for (auto count = 1 + random() % 4; count > 0; --count) {
      auto& word = bytes[interesting_place()];
      if (random() % 2 == 0)
        word ^= 1ULL << (random() % 64);
      else
        word = odd_word();
    }
  }

  std::mt19937_64 random{20240607};
  const std::vector<std::uint64_t> original = rich_session();
  std::vector<std::uint64_t> bytes = original;
};

TEST_F(Fuzz, ARichSessionIsUsable) {
  const auto opened = Session::view(bytes.data(), bytes.size() * 8);
  ASSERT_TRUE(opened.session) << opened.message;
  EXPECT_EQ(opened.session->handles().size(), 20U);
  use(*opened.session);
}

TEST_F(Fuzz, DamagedWordsAreAnErrorOrHarmless) {
  constexpr int kRounds = 4000;
  int opened_rounds = 0;
  for (int round = 0; round < kRounds; ++round) {
    damage();
    const auto opened = Session::view(bytes.data(), bytes.size() * 8);
    EXPECT_EQ(opened.session == nullptr, opened.error != OpenError::none);
    EXPECT_EQ(opened.session == nullptr, !opened.message.empty());
    if (opened.session) {
      ++opened_rounds;
      use(*opened.session);
    }
    if (HasFatalFailure())
      FAIL() << "in round " << round;
    bytes = original;
  }
  EXPECT_GT(opened_rounds, kRounds / 10) << "the damage must reach beyond the header";
  EXPECT_LT(opened_rounds, kRounds) << "and must reach the header";
}

TEST_F(Fuzz, DamagedAndTruncatedFilesAreAnErrorOrHarmless) {
  const SessionDirectory directory;
  const auto path = directory.path() + "/1.1.1";
  constexpr int kRounds = 1000;
  for (int round = 0; round < kRounds; ++round) {
    if (random() % 4 != 0)
      damage();
    auto size = bytes.size() * 8;
    if (random() % 2 == 0)
      size = random() % 8 == 0 ? random() % size : random() % 10'000;
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(size));
    const auto opened = Session::open(path);
    EXPECT_EQ(opened.session == nullptr, !opened.message.empty());
    if (opened.session)
      use(*opened.session);
    if (HasFatalFailure())
      FAIL() << "in round " << round;
    bytes = original;
  }
}

TEST_F(Fuzz, RandomBytesBehindAGoodHeaderAreHarmless) {
  constexpr int kRounds = 20;
  SessionHeader header{};
  std::memcpy(&header, original.data(), sizeof(header));
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = sizeof(SessionHeader) / 8; i < bytes.size(); ++i) bytes[i] = random();
    const auto opened = Session::view(bytes.data(), bytes.size() * 8);
    ASSERT_TRUE(opened.session) << opened.message;
    use(*opened.session);
  }
}

}  // namespace
}  // namespace loopscope::tracer
