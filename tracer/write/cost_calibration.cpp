#include "tracer/write/cost_calibration.h"

#include <poll.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "tracer/write/recorder.h"

namespace loopscope::tracer {
namespace {

constexpr int kNames = 32;
constexpr int kQueue = 32;
constexpr int kRounds = 150;  // of a scene in a pass

/// CPU time of this thread: on a busy machine the clock on the wall tells of others' work.
double cpu_ns() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

/// The compiler must believe that somebody looks at all memory here.
void nothing_is_known() {
  asm volatile("" ::: "memory");
}

/// As the loop meets a callback: behind a pointer, with a name to be looked up and something to do.
struct Callback {
  virtual ~Callback() = default;
  virtual NameId name(const Recorder& recorder) const = 0;
  virtual void run() = 0;
  std::uint64_t ready = 0;
};
struct Work final : Callback {
  Work(const void* named, long& counted) : key(named), count(counted) {}
  [[nodiscard]] __attribute__((noinline)) NameId name(const Recorder& recorder) const override {
    return recorder.find_name(key);
  }
  /// As little as a callback ever does, in code that branches as an interpreter's does: a time stamp hides behind plain
  /// arithmetic, not behind that.
  __attribute__((noinline)) void run() override {
    char text[32];
    std::snprintf(text, sizeof(text), "%ld", count);
    count = text[0] + 1;
  }
  const void* key;
  long& count;
};

/// The scenes: what a loop does, with its recorder told of it.
class Stage {
 public:
  Stage() { queue_.reserve(kQueue); }
  [[nodiscard]] const char* keys() const { return keys_; }

  /// One turn that only polls.
  static void iteration(Recorder& recorder) {
    recorder.prepare_begin();
    recorder.poll_begin({0, PollReason::ready_callbacks, kNoName, 1, 2, 3});
    poll(nullptr, 0, 0);
    recorder.poll_wake(recorder.on() ? recorder.ticks() : 0, 0, false);
    recorder.poll_end(1);
  }
  /// Callbacks that are queued, then run.
  void queue(Recorder& recorder) {
    for (int i = 0; i < kQueue; ++i) {
      queue_.push_back(std::make_unique<Work>(&keys_[i % kNames], count_));
      if (recorder.callbacks())
        queue_.back()->ready = recorder.ticks();
    }
    for (const auto& callback : queue_) {
      if (recorder.callbacks()) {
        recorder.callback_begin(CallbackKind::soon, callback->name(recorder), callback->ready, 0, 0);
        callback->run();
        recorder.callback_end();
      } else {
        recorder.count_callback();
        callback->run();
      }
    }
    queue_.clear();
  }
  static void object(Recorder& recorder) {
    recorder.handle_closed(HandleKind::tcp, recorder.handle_opened(HandleKind::tcp, 1, 5));
  }

 private:
  long count_ = 1;
  std::vector<std::unique_ptr<Callback>> queue_;
  char keys_[kNames] = {};
};

std::optional<Recorder> make(Level level, const char* keys) {
  auto session = WritableSession::create_in_memory({});
  if (!session)
    return std::nullopt;
  Recorder recorder(std::move(session), level);
  for (int i = 0; i < kNames; ++i) recorder.intern(keys + i, "calibration", {}, 0);
  // Once around the ring: its first pages cost a fault each, the ones of a program that runs do not.
  for (std::uint64_t i = 0; i < kDefaultRingEvents; ++i) recorder.wakeup();
  return recorder;
}

template <typename Scene>
double play(Recorder& recorder, int turns, Scene&& scene) {
  const double start = cpu_ns();
  for (int i = 0; i < turns; ++i) {
    scene(recorder);
    nothing_is_known();
  }
  return (cpu_ns() - start) / turns;
}

/// The mean of the lower half, without the very lowest: what other programs do only ever adds.
double undisturbed(std::vector<double>& samples) {
  std::sort(samples.begin(), samples.end());
  const std::size_t from = samples.size() / 20;
  const std::size_t to = samples.size() / 2;
  double sum = 0;
  for (std::size_t i = from; i < to; ++i) sum += samples[i];
  return sum / static_cast<double>(to - from);
}

/// What a recorder that is on adds to a turn. The two take turns, so that both see the same weather.
template <typename Scene>
double added_ns(Recorder& on, Recorder& off, int turns, Scene&& scene) {
  std::vector<double> with;
  std::vector<double> without;
  for (int round = 0; round < kRounds; ++round) {
    with.push_back(play(on, turns, scene));
    without.push_back(play(off, turns, scene));
  }
  // Recording cannot be for nothing, whatever the noise says.
  return std::max(undisturbed(with) - undisturbed(without), 0.1);
}

struct Measured {
  double iteration, callback, object;
};

// What the scenes cannot play, as factors of what they can. Each was found on real programs, as the CPU time of an operation
// with tracing on less that with it off (tests/bench/tracing_cost.py); docs/app.md has how well what they come to fits.
//
// Between two system calls a real program runs the kernel's network stack and CPython, far more code and data than a
// scene: the recorder's lines are in no near cache then, and the ring's in none at all. With a ring of 128 KiB, which
// stays in the cache, a message cost half.
constexpr double kColdIteration = 2.1;
// What is read and written, and the callback between, whose name is found by way of the protocol's class.
constexpr double kColdMessage = 3.9;
constexpr double kColdCounters = 1.0;  // three additions, each between two system calls
// Describing a callback asks a Python object what it is before its name can be looked up; of a task, its coroutine.
constexpr double kNamedCallback = 1.13;
constexpr double kNamedTask = 1.8;
// A timer's object was last touched when it was set, and is asked for its name each time. Its callback's t_ready is what
// it was due at: no time stamp.
constexpr double kTimerEvent = 0.8;
constexpr double kTimerCallback = 0.9;
constexpr double kCounted = 1.0 / 30;  // a load, an addition, a store

struct Recorders {
  Recorder& phases;
  Recorder& callbacks;
  Recorder& off;
};

Measured measure_once(Stage& stage, Recorders at) {
  constexpr int kTurns = 32;
  Measured measured{};
  measured.iteration = added_ns(at.phases, at.off, kTurns, [](Recorder& to) { Stage::iteration(to); });
  measured.callback = added_ns(at.callbacks, at.off, kTurns, [&](Recorder& to) { stage.queue(to); }) / kQueue;
  measured.object = added_ns(at.phases, at.off, kTurns * 8, [](Recorder& to) { Stage::object(to); });
  return measured;
}

double middle(std::vector<Measured>& passes, double Measured::*figure) {
  const auto half = passes.begin() + static_cast<std::ptrdiff_t>(passes.size() / 2);
  std::nth_element(passes.begin(), half, passes.end(),
                   [figure](const Measured& l, const Measured& r) { return l.*figure < r.*figure; });
  return (*half).*figure;
}

void rest() {
  const timespec moment{0, 150'000'000};
  nanosleep(&moment, nullptr);
}

RecordingCosts table_of(const Measured& measured) {
  RecordingCosts costs;
  const auto set = [&costs](Recorded what, double ns) { costs.ns[static_cast<std::size_t>(what)] = ns; };
  const double iteration = measured.iteration * kColdIteration;
  const double message = measured.callback * kColdMessage;
  set(Recorded::iteration, iteration);
  set(Recorded::phase, iteration / 2);  // two of its four time stamps, two of its three events
  set(Recorded::queued_callback, measured.callback * kNamedCallback);
  set(Recorded::task_step, measured.callback * kNamedTask);
  set(Recorded::timer_callback, measured.callback * kTimerCallback);
  set(Recorded::timer, measured.callback * kTimerEvent);
  set(Recorded::io_callback, message / 2);
  set(Recorded::transfer, message / 4);
  set(Recorded::object, measured.object / 2);
  set(Recorded::other, measured.callback / 2);
  set(Recorded::counted, measured.callback * kCounted);
  set(Recorded::counted_io, measured.callback * kColdCounters);
  return costs;
}

}  // namespace

std::optional<RecordingCosts> measure_recording_costs(int wanted_passes) {
  Stage stage;
  auto phases = make(Level::phases, stage.keys());
  auto callbacks = make(Level::callbacks, stage.keys());
  auto off = make(Level::off, stage.keys());
  if (!phases || !callbacks || !off)
    return std::nullopt;
  std::vector<Measured> passes;
  for (int pass = 0; pass < std::max(wanted_passes, 1); ++pass) {
    if (pass > 0)
      rest();
    passes.push_back(measure_once(stage, {*phases, *callbacks, *off}));
  }
  return table_of({middle(passes, &Measured::iteration), middle(passes, &Measured::callback),
                   middle(passes, &Measured::object)});
}

}  // namespace loopscope::tracer
