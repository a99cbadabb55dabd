#pragma once
/// A made-up chat server: it writes a realistic session with the real recorder and the real clock.
///
/// Only the loop is made up; its events take the same way as those of a real program. It is for looking at the app, and for
/// tests that need a live session without Python. Thread: one.

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tracer/write/recorder.h"

namespace loopscope::testing {

struct SyntheticOptions {
  int clients = 12;
  double iterations_per_s = 300;
  int callbacks_per_iteration = 4;
  std::int64_t blocking_ns = 30'000'000;  ///< how long report.py blocks; 0: never
  std::int64_t blocking_every_ns = 1'700'000'000;
  double gil_wait_share = 0.06;  ///< the share of wake-ups that wait for the GIL
  bool long_names = false;
  std::uint64_t iteration_limit = 0;  ///< 0: none
  tracer::Level level = tracer::Level::callbacks;
  std::string directory;  ///< empty: the usual one
};

class SyntheticSession {
 public:
  /// Null and a sentence in `error` if the session cannot be made.
  static std::unique_ptr<SyntheticSession> create(const SyntheticOptions& options, std::string& error);

  /// Runs the made-up loop for `duration_ns` of real time.
  void run(std::int64_t duration_ns);
  [[nodiscard]] const std::string& path() const { return path_; }
  void set_level(tracer::Level level) { recorder_.set_level(level); }
  /// Begins a callback that does not end before end_hang().
  void hang();
  void end_hang();
  /// Leaves the file behind, as a killed program does.
  void abandon() { recorder_.disown(); }

 private:
  explicit SyntheticSession(const SyntheticOptions& options) : options_(options) {}
  void name_all();
  void iterate();
  void run_timers();
  void run_ready();
  void poll(std::int64_t sleep_ns);
  void receive();
  void call(tracer::CallbackKind kind, tracer::NameId name, std::uint64_t ready, bool ready_is_ns,
            std::uint64_t object, std::int64_t work_ns);

  struct Ready {
    tracer::CallbackKind kind;
    tracer::NameId name;
    std::uint64_t ticks;
    std::uint64_t object;
    std::int64_t work_ns;
  };
  double chance() { return std::uniform_real_distribution<>(0, 1)(random_); }
  std::int64_t around(std::int64_t ns) {
    return static_cast<std::int64_t>(static_cast<double>(ns) * std::lognormal_distribution<>(0, 0.5)(random_));
  }

  SyntheticOptions options_;
  std::string path_;
  tracer::Recorder recorder_;
  std::mt19937 random_{7};
  std::vector<Ready> ready_;
  std::vector<tracer::NameId> names_;
  std::vector<std::uint64_t> sockets_;
  std::uint64_t iterations_ = 0;
  std::uint64_t timer_id_ = 1;
  std::int64_t next_heartbeat_ns_ = 0;
  std::int64_t next_block_ns_ = 0;
};

}  // namespace loopscope::testing
