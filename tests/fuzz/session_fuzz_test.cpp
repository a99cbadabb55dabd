// Damaged sessions: nothing in a file can crash a viewer, make it hang, overflow, or read beyond the file. These are a few
// thousand rounds; fuzz_sessions beside it runs as many as one likes.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/fuzz/damaged_session.h"
#include "tests/fuzz/viewer.h"
#include "tests/tracer/sessions.h"

namespace loopscope::testing {
namespace {

using tracer::ClockSource;
using tracer::OpenError;
using tracer::Session;
using tracer::SessionHeader;

class Fuzz : public ::testing::TestWithParam<ClockSource> {
 protected:
  Damage damage{20240607};
  const Words original = rich_session(GetParam());
  Words words = original;
};

INSTANTIATE_TEST_SUITE_P(EachClock, Fuzz, ::testing::Values(ClockSource::monotonic, ClockSource::tsc),
                         [](const auto& source) {
                           return source.param == ClockSource::tsc ? "Counter" : "Clock";
                         });

TEST_P(Fuzz, AnUndamagedSessionShowsSomethingEverywhere) {
  auto opened = Session::view(words.data(), words.size() * 8);
  ASSERT_TRUE(opened.session) << opened.message;
  EXPECT_EQ(opened.session->handles().size(), 6U);
  const auto looked = look_at(std::move(opened.session), 1);
  EXPECT_GT(looked.bytes, 3'000U);
  EXPECT_GT(looked.marks, 20U);
  EXPECT_GT(looked.ticks, 5U);
}

TEST_P(Fuzz, DamagedWordsAreAnErrorOrHarmless) {
  constexpr int kRounds = 1500;
  int opened_rounds = 0;
  std::uint64_t exported = 0;
  for (int round = 0; round < kRounds; ++round) {
    damage.harm(words);
    auto opened = Session::view(words.data(), words.size() * 8);
    ASSERT_EQ(opened.session == nullptr, opened.error != OpenError::none) << "in round " << round;
    ASSERT_EQ(opened.session == nullptr, !opened.message.empty()) << "in round " << round;
    if (opened.session) {
      ++opened_rounds;
      exported += look_at(std::move(opened.session), damage.random()).bytes;
    }
    words = original;
  }
  EXPECT_GT(opened_rounds, kRounds / 10) << "the damage must reach beyond the header";
  EXPECT_LT(opened_rounds, kRounds) << "and must reach the header";
  EXPECT_GT(exported, 1'000U * static_cast<unsigned>(opened_rounds)) << "what is not damaged is shown";
}

TEST_P(Fuzz, DamagedAndTruncatedFilesAreAnErrorOrHarmless) {
  const tracer::testing::SessionDirectory directory;
  const auto path = directory.path() + "/1.1.1";
  for (int round = 0; round < 300; ++round) {
    if (damage.random() % 4 != 0)
      damage.harm(words);
    auto size = words.size() * 8;
    if (damage.random() % 2 == 0)
      size = damage.random() % size;
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(words.data()), static_cast<std::streamsize>(size));
    auto opened = Session::open(path);
    ASSERT_EQ(opened.session == nullptr, !opened.message.empty()) << "in round " << round;
    if (opened.session)
      look_at(std::move(opened.session), damage.random());
    words = original;
  }
}

TEST_P(Fuzz, RandomBytesBehindAGoodHeaderAreHarmless) {
  for (int round = 0; round < 50; ++round) {
    for (std::size_t i = sizeof(SessionHeader) / 8; i < words.size(); ++i) words[i] = damage.random();
    auto opened = Session::view(words.data(), words.size() * 8);
    ASSERT_TRUE(opened.session) << opened.message;
    look_at(std::move(opened.session), damage.random());
  }
}

}  // namespace
}  // namespace loopscope::testing
