// What a recorded event costs the loop, in ns. Prints a table, or with the argument "json" the figures that have a target;
// asserts nothing.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "tracer/write/recorder.h"

namespace {

using namespace loopscope::tracer;

constexpr std::uint64_t kTurns = 2'000'000;
constexpr int kRounds = 7;

Recorder make(Level level) {
  std::string error;
  SessionFacts facts;
  facts.program = "recorder_bench";
  auto session = WritableSession::create(facts, error);
  if (!session) {
    std::fprintf(stderr, "%s\n", error.c_str());
    std::exit(1);
  }
  return Recorder(std::move(session), level);
}

/// ns of one turn, the best of some rounds: the rest is the machine's noise.
template <typename Turn>
double measure(Turn&& turn) {
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < kTurns; ++i) {
      turn(i);
      asm volatile("" ::: "memory");
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / static_cast<double>(kTurns));
  }
  return best;
}

double clock_ns() {
  return measure([](auto) {
    auto ticks = now_ticks(preferred_clock_source());
    asm volatile("" ::"r"(ticks));
  });
}

void row(const char* what, double ns, int events) {
  std::printf("%-44s %7.2f ns", what, ns);
  if (events > 1)
    std::printf("  %6.2f ns an event", ns / events);
  std::printf("\n");
}

void turn(Recorder& recorder) {
  recorder.prepare_begin();
  recorder.poll_begin({0, PollReason::ready_callbacks, kNoName, 1, 2, 3});
  recorder.poll_wake(recorder.on() ? recorder.ticks() : 0, 0, false);
  recorder.poll_end(1);
}

void callback(Recorder& recorder, std::uint64_t object) {
  recorder.callback_begin(CallbackKind::soon, 1, object, 0, object);
  recorder.callback_end();
}

void measure_at(Level level, const char* name) {
  auto recorder = make(level);
  std::printf("\nlevel %s\n", name);
  row("  empty iteration (prepare, poll, wake, end)", measure([&](auto) { turn(recorder); }),
      recorder.on() ? 3 : 1);
  row("  callback pair", measure([&](auto i) { callback(recorder, i); }), recorder.callbacks() ? 2 : 1);
  row("  phase pair", measure([&](auto i) {
        recorder.phase_begin(Phase::idle, i);
        recorder.phase_end(i);
      }),
      recorder.on() ? 2 : 1);
  row("  bytes read", measure([&](auto i) { recorder.bytes_read(1, i); }), 1);
  row("  timer set", measure([&](auto i) { recorder.timer_set(kNoName, i, i); }), 1);
  row("  handle opened and closed", measure([&](auto) {
        recorder.handle_closed(HandleKind::tcp, recorder.handle_opened(HandleKind::tcp, 1, 5));
      }),
      recorder.on() ? 2 : 1);
}

double callback_ns(Level level) {
  auto recorder = make(level);
  return measure([&](auto i) { callback(recorder, i); });
}

double phase_ns(Level level) {
  auto recorder = make(level);
  return measure([&](auto i) {
    recorder.phase_begin(Phase::idle, i);
    recorder.phase_end(i);
  });
}

void print_json() {
  std::printf(R"({"event_ns": %.2f, "phase_event_ns": %.2f, "callback_off_ns": %.2f, "clock_ns": %.2f})"
              "\n",
              callback_ns(Level::callbacks) / 2, phase_ns(Level::phases) / 2, callback_ns(Level::off), clock_ns());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "json") {
    print_json();
    return 0;
  }
  row("reading the clock alone", clock_ns(), 1);
  row("an empty turn of the measuring loop", measure([](auto) {}), 1);
  measure_at(Level::off, "off");
  measure_at(Level::phases, "phases");
  measure_at(Level::callbacks, "callbacks");
  const auto start = std::chrono::steady_clock::now();
  constexpr int kSessions = 50;
  for (int i = 0; i < kSessions; ++i) make(Level::off);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
  std::printf("\nmaking and removing a session %28.0f us\n", took.count() / kSessions);
  return 0;
}
