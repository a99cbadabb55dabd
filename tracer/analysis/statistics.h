#pragma once
/// Numbers over time, and numbers by callback.
///
/// Totals (callbacks, I/O events, bytes) come from the session's counters, which count at every level and lose
/// nothing; before the first sample of them they are counted from events, as far as the level in force then
/// recorded any. Lag comes from events alone: start minus t_ready of every callback.
/// Thread: one. Errors: none. Units: ns of CLOCK_MONOTONIC.

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tracer/analysis/latency_histogram.h"
#include "tracer/analysis/slices.h"
#include "tracer/trace_event.h"

namespace loopscope::tracer {

/// What happened in one bucket of time.
struct Throughput {
  double callbacks = 0;
  double io_events = 0;
  double bytes_read = 0;
  double bytes_written = 0;
};

class Statistics {
 public:
  static constexpr std::int64_t kBucketNs = 250'000'000;
  static constexpr std::int64_t kBucketCount = 256;  ///< a minute and a little
  /// Functions of the callback table. A program may make any number of them: the longest silent quarter makes room, and
  /// counts as kNoName from then on.
  static constexpr std::size_t kMostRows = 4096;

  struct CallbackRow {
    NameId name = kNoName;
    CallbackKind kind = CallbackKind::unknown;
    std::uint64_t calls = 0;
    std::int64_t total_ns = 0;
    std::int64_t max_ns = 0;
    std::int64_t seen_ns = 0;  ///< when it was last called
    LatencyHistogram durations;
    LatencyHistogram waits;

    /// Counts the calls of `other`, too.
    void take(const CallbackRow& other);
  };

  struct Bucket {
    bool known = false;         ///< something was recorded of it
    bool totals_known = false;  ///< so were callbacks and bytes: by counters, or by events of each
    Throughput throughput;
    std::uint64_t ready_depth = 0;  ///< the deepest
    LatencyHistogram lag;
    std::int64_t lag_max_ns = 0;
  };

  void add(const TraceEvent& event);
  /// Events were lost between the last one and the next one.
  void lose();
  /// The counters as they were at `t_ns`. A few times a second or more.
  void sample(const Counters& counters, std::int64_t t_ns);
  /// The counters stand still, because nothing is counted at level off. Nothing is known until the next sample.
  void stop_sampling();

  /// The bucket that `t_ns` lies in; null if nothing is known of it (any time may be asked for).
  [[nodiscard]] const Bucket* bucket(std::int64_t t_ns) const;
  /// Sums of the buckets within [begin_ns, end_ns), each counted whole; the newest kBucketCount at most.
  [[nodiscard]] Bucket summarise(std::int64_t begin_ns, std::int64_t end_ns) const;

  [[nodiscard]] const std::unordered_map<NameId, CallbackRow>& callbacks() const { return rows_; }
  /// When the callback table began to count; 0: not yet.
  [[nodiscard]] std::int64_t counting_since_ns() const { return since_ns_; }
  /// Calls may be missing in the callback table: events were lost, or callbacks were not recorded for a while. What it counts is
  /// then the least that happened.
  [[nodiscard]] bool calls_missing() const { return calls_missing_; }
  /// Counts from now on; the series over time stay.
  void reset_callbacks();

 private:
  struct OpenCallback {
    std::int64_t begin_ns;
    NameId name;
  };
  Bucket& bucket_at(std::int64_t t_ns);
  Bucket& open_bucket(std::int64_t number);
  void count_total(double Throughput::*total, double amount, std::int64_t t_ns);
  void on_callback_end(const TraceEvent& event);

  struct Slot {
    std::int64_t number = -1;
    Bucket bucket;
  };
  CallbackRow& row_of(const TraceEvent& event);
  void make_room_for_a_row();

  std::array<Slot, kBucketCount> slots_{};
  std::unordered_map<NameId, CallbackRow> rows_;
  std::vector<OpenCallback> open_;
  std::optional<Counters> last_counters_;
  std::int64_t first_sample_ns_ = 0;
  std::int64_t last_sample_ns_ = 0;
  std::int64_t newest_number_ = -1;
  bool callbacks_recorded_ = false;  ///< as of the latest event: the level in force writes them
  std::int64_t since_ns_ = 0;
  bool calls_missing_ = false;
};

}  // namespace loopscope::tracer
