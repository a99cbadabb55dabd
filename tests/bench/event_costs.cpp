/// event_costs ns [ROW]       the least ns that one event of each type takes, of many short turns, as JSON
/// event_costs instructions   runs under callgrind, and marks the instructions of each type; see event_costs.py
///
/// "clock" is one reading of the clock, which most of these events contain. "callback" is a callback of a batch: its two events,
/// which share the stamp between them with their neighbours. "named callback" looks its name up as well.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tests/bench/event_kinds.h"
#include "tracer/words.h"

#ifdef LOOPSCOPE_CALLGRIND
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_DUMP_STATS_AT(name) static_cast<void>(name)
#endif

namespace {

using namespace loopscope;
using namespace loopscope::tracer;
using bench::kInARow;
using bench::Scene;

constexpr char kKeys[32] = {};

Recorder make_recorder(Level level, bool counted) {
  SessionFacts facts;
  facts.program = "event_costs";
  std::string error;
  auto session = WritableSession::create(facts, error);
  if (!session) {
    std::fprintf(stderr, "%s\n", error.c_str());
    std::exit(1);
  }
  // valgrind hides from programs that the counter is invariant
  if (counted)
    session->header().clock_source = ClockSource::tsc;
  Recorder recorder(std::move(session), level);
  for (const char& key : kKeys) recorder.intern(&key, "function" + std::to_string(&key - kKeys), "file.py", 1);
  return recorder;
}

/// Until the ring has all of its memory: taking it costs once, and less than nothing for each event.
void fill_ring(Recorder& recorder) {
  for (std::uint64_t i = 0; i < kDefaultRingEvents; ++i) recorder.wakeup();
}

template <typename Write>
void in_a_row(Scene& scene, Write& write) {
  for (std::uint64_t i = 0; i < kInARow; ++i) {
    write(scene, i);
    asm volatile("" ::: "memory");
  }
}

struct Timed {
  static constexpr int kTurns = 400;
  static constexpr int kRows = 100;  ///< of a turn

  template <typename Before, typename Write, typename After>
  double operator()(Scene& scene, Before before, Write write, After after) const {
    using std::chrono::steady_clock;
    double best = 1e9;
    for (int turn = 0; turn < kTurns; ++turn) {
      steady_clock::duration took{};
      for (int row = 0; row < kRows; ++row) {
        before(scene);
        const auto began = steady_clock::now();
        in_a_row(scene, write);
        took += steady_clock::now() - began;
        after(scene);
      }
      best = std::min(best, std::chrono::duration<double, std::nano>(took).count() / (kRows * kInARow));
    }
    return best;
  }
};

struct Counted {
  static constexpr int kRows = 50;

  template <typename Before, typename Write, typename After>
  void operator()(Scene& scene, Before before, Write write, After after, const std::string& name) const {
    for (int row = 0; row < kRows; ++row) {
      before(scene);
      CALLGRIND_TOGGLE_COLLECT;
      in_a_row(scene, write);
      CALLGRIND_TOGGLE_COLLECT;
      after(scene);
    }
    static std::deque<std::string> marks;  // valgrind reads them later
    CALLGRIND_DUMP_STATS_AT(marks.emplace_back(name + "/" + std::to_string(kRows * kInARow)).c_str());
  }
};

/// visit(name, level, before, write, after) for what no event of its own is, and for each type of event.
template <typename Visit>
void for_each_row(Visit&& visit) {
  const auto nothing = [](Scene&) {};
  visit(
      "nothing", Level::off, nothing, [](Scene&, std::uint64_t) {}, nothing);
  visit(
      "clock", Level::off, nothing,
      [](Scene& scene, std::uint64_t) {
        auto ticks = scene.to.ticks();
        asm volatile("" ::"r"(ticks));
      },
      nothing);
  const auto callback = [](Scene& scene, NameId name, std::uint64_t i) {
    scene.to.callback_begin(CallbackKind::soon, name, i, 0, i);
    scene.to.callback_end();
  };
  visit(
      "callback", Level::callbacks, nothing,
      [&](Scene& scene, std::uint64_t i) { callback(scene, scene.name, i); }, nothing);
  visit(
      "named callback", Level::callbacks, nothing,
      [&](Scene& scene, std::uint64_t i) { callback(scene, scene.to.find_name(&kKeys[i]), i); }, nothing);
  bench::for_each_event_kind([&](EventType type, Level level, auto before, auto write, auto after) {
    visit(std::string(event_name(type)), level, before, write, after);
  });
}

/// Of all rows if `wanted` is empty.
void print_ns(std::string_view wanted) {
  double nothing = 0;
  const char* between = "";
  std::printf("{");
  for_each_row([&](const std::string& name, Level level, auto before, auto write, auto after) {
    if (!wanted.empty() && name != wanted && name != "nothing")
      return;
    auto recorder = make_recorder(level, false);
    fill_ring(recorder);
    Scene scene{recorder, recorder.find_name(&kKeys[0])};
    const double ns = Timed()(scene, before, write, after);
    if (name == "nothing") {
      nothing = ns;
      return;
    }
    std::printf("%s\n\"%s\": [\"%s\", %.2f]", std::exchange(between, ","), name.c_str(),
                std::string(level_name(level)).c_str(), ns - nothing);
  });
  std::printf("}\n");
}

void count_instructions() {
  for_each_row([&](const std::string& name, Level level, auto before, auto write, auto after) {
    auto recorder = make_recorder(level, true);
    Scene scene{recorder, recorder.find_name(&kKeys[0])};
    Counted()(scene, before, write, after, name);
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "ns")
    print_ns(argc > 2 ? argv[2] : "");
  else if (mode == "instructions")
    count_instructions();
  else
    std::fprintf(stderr, "usage: event_costs ns [ROW] | instructions\n");
  return mode == "ns" || mode == "instructions" ? 0 : 2;
}
