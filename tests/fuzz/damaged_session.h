#pragma once
/// Sessions with something in every part of them, and ways to damage them.

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "tracer/format.h"

namespace loopscope::testing {

/// A file as words of 8 bytes.
using Words = std::vector<std::uint64_t>;

/// On this boot a reader has anchors of its own, and knows that nothing is later than now.
enum class Boot : std::uint8_t { this_one, another };

/// What a real recorder wrote, in a file as small as can be: 64 events, 16 slots of each kind. Small, because damage
/// then hits what matters, and a round costs little. With ClockSource::monotonic its ticks are ns.
Words rich_session(tracer::ClockSource clock, Boot boot = Boot::this_one);

/// Damages a session a little at a time, in ways that are likely to be near a limit.
class Damage {
 public:
  explicit Damage(std::uint64_t seed) : random_(seed) {}
  /// One to four changes of words, events or times.
  void harm(Words& words);
  std::uint64_t random() { return random_(); }

 private:
  std::uint64_t odd_word(const Words& words);
  void harm_word(Words& words);
  void harm_event(Words& words);
  void shift_times(Words& words);

  std::mt19937_64 random_;
};

}  // namespace loopscope::testing
