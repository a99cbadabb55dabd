#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "tests/bench/client/exchange.h"
#include "tests/bench/client/histogram.h"
#include "tests/bench/client/options.h"
#include "tests/bench/client/server_clock.h"
#include "tests/bench/client/wire.h"

namespace loopscope::bench {

struct Measurement {
  double seconds = 0;         // at least what was asked for: until one exchange lay whole within them
  std::uint64_t answers = 0;  // that came in these seconds, whenever they were asked for
  CpuTime server;
  const Histogram* latencies = nullptr;  // of what was asked and answered in these seconds
  std::uint64_t sent_again = 0;
  double idle_share =
      0;  // of the time in which there was nothing to do: near 0, it was the client that was the limit
};

/// Connections of which each sends a request, waits until all of the answer is there, and sends the next. One thread,
/// which never sleeps: so the server never pays for waking it. Every byte that comes back is checked.
class ClosedLoop {
 public:
  explicit ClosedLoop(const Options& options);
  ~ClosedLoop();
  ClosedLoop(const ClosedLoop&) = delete;
  ClosedLoop& operator=(const ClosedLoop&) = delete;

  /// Makes all connections; each has had one exchange afterwards.
  void open();

  /// Runs for the time of the warm-up, then measures. Throws Failure if no exchange ends within the patience.
  Measurement measure();

 private:
  using Clock = std::chrono::steady_clock;

  struct Connection {
    std::unique_ptr<Wire> wire;
    Exchange exchange;
    Clock::time_point began;
  };

  [[nodiscard]] bool lacks_a_figure() const { return is_measuring() && latencies_.count() == 0; }
  [[nodiscard]] bool is_measuring() const { return count_from_ != Clock::time_point::max(); }
  void connect(std::size_t index);
  void begin(Connection& connection);
  void run_until(Clock::time_point end);
  bool poll(int timeout_ms);  // false: nothing had come
  void on_readable(std::size_t index);
  void on_answer(std::size_t index);
  void send_lost_again();

  const Options options_;
  const Pattern pattern_;
  Connector connector_;
  std::vector<Connection> connections_;
  std::vector<char> buffer_;
  Histogram latencies_;
  Clock::time_point count_from_ = Clock::time_point::max();
  std::uint64_t answers_ = 0;
  std::uint64_t sent_again_ = 0;
  Clock::duration idle_{};
  bool go_on_ = false;  // an answer leads to the next request
  int epoll_ = -1;
};

}  // namespace loopscope::bench
