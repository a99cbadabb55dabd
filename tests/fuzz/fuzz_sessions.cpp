// As many rounds as one likes of what session_fuzz_test does: fuzz_sessions [ROUNDS [SEED]]. Build it with sanitizers
// (cmake --preset asan+ubsan); a round that goes wrong ends it, and says its seed.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "tests/fuzz/damaged_session.h"
#include "tests/fuzz/viewer.h"

namespace {

using namespace loopscope;
using testing::Words;

constexpr unsigned kLongestRoundSeconds = 30;  // one that takes longer hangs: SIGALRM ends it

struct Totals {
  std::uint64_t rounds = 0;
  std::uint64_t opened = 0;
  testing::Looked looked;
};

char at_work[64];  // what on_death() says; written before each round

extern "C" void on_death() {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, at_work, std::strlen(at_work));
}

void round(std::uint64_t seed, const Words& original, Totals& totals) {
  std::snprintf(at_work, sizeof(at_work), "fuzz_sessions: in the round of seed %llu\n",
                static_cast<unsigned long long>(seed));
  testing::Damage damage(seed);
  Words words = original;
  damage.harm(words);
  alarm(kLongestRoundSeconds);
  auto opened = tracer::Session::view(words.data(), words.size() * 8);
  ++totals.rounds;
  if (!opened.session)
    return;
  ++totals.opened;
  const auto looked = testing::look_at(std::move(opened.session), damage.random());
  totals.looked.bytes += looked.bytes;
  totals.looked.marks += looked.marks;
  totals.looked.ticks += looked.ticks;
  totals.looked.points += looked.points;
}

void say(const Totals& totals) {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("%llu rounds, %llu opened; %llu bytes exported, %llu marks, %llu ticks, %llu points\n",
              number(totals.rounds), number(totals.opened), number(totals.looked.bytes),
              number(totals.looked.marks), number(totals.looked.ticks), number(totals.looked.points));
  std::fflush(stdout);
}

}  // namespace

#if defined(__SANITIZE_ADDRESS__)
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#endif

int main(int argc, char** argv) {
  const auto rounds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000;
  const auto seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(on_death);
#endif
  std::vector<Words> originals;
  for (const auto boot : {testing::Boot::this_one, testing::Boot::another})
    for (const auto clock : {tracer::ClockSource::monotonic, tracer::ClockSource::tsc})
      originals.push_back(testing::rich_session(clock, boot));
  Totals totals;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    round(seed + i, originals[(seed + i) % originals.size()], totals);
    if (totals.rounds % 50'000 == 0)
      say(totals);
  }
  say(totals);
  return totals.opened > 0 || rounds == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
