#pragma once
/// Numbers over time, and numbers by callback.
///
/// Totals (callbacks, I/O events, bytes) come from the session's counters, which count at every level but off and lose
/// nothing. Before the first sample of the counters, totals come from events, if the level in force recorded them. Lag comes
/// from events alone: it is start minus t_ready of each callback.
/// Thread: one. Errors: none. Units: ns of CLOCK_MONOTONIC.

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tracer/analysis/latency_histogram.h"
#include "tracer/analysis/slices.h"
#include "tracer/read/trace_event.h"

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
  static constexpr std::int64_t kBucketCount = 256;  ///< 64 s
  /// The limit of functions in the callback table, because a program can make any number of them. If the table is full, the
  /// quarter that was silent for longest is merged into the row of kNoName.
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

    /// Adds the calls of `other` to this row.
    void take(const CallbackRow& other);
  };

  struct Bucket {
    bool known = false;         ///< something was recorded in it
    bool totals_known = false;  ///< callbacks and bytes are known, too, from counters or from events
    Throughput throughput;
    std::uint64_t ready_depth = 0;  ///< the largest
    LatencyHistogram lag;
    std::int64_t lag_max_ns = 0;
  };

  void add(const TraceEvent& event);
  /// Events were lost between the last one and the next one.
  void lose();
  /// The counters as they were at `t_ns`. To be called a few times a second or more often.
  void sample(const Counters& counters, std::int64_t t_ns);
  /// Since when the samples know that no poll has ended that may have slept; nothing without samples. A poll that sleeps now has not
  /// ended.
  [[nodiscard]] std::optional<std::int64_t> awake_since_ns() const;
  /// The program counts nothing at level off. Nothing is known until the next sample.
  void stop_sampling();

  /// The bucket of `t_ns`, which may be any time; null if nothing is known of it.
  [[nodiscard]] const Bucket* bucket(std::int64_t t_ns) const;
  /// The sum of the buckets that overlap [begin_ns, end_ns). Each counts whole. At most the newest kBucketCount are summed.
  [[nodiscard]] Bucket summarise(std::int64_t begin_ns, std::int64_t end_ns) const;

  [[nodiscard]] const std::unordered_map<NameId, CallbackRow>& callbacks() const { return rows_; }
  /// When the callback table began to count; 0: not yet.
  [[nodiscard]] std::int64_t counting_since_ns() const { return since_ns_; }
  /// True if calls may be missing in the callback table, because events were lost, or callbacks were not recorded for a while.
  /// Its counts are then lower bounds.
  [[nodiscard]] bool calls_missing() const { return calls_missing_; }
  /// Empties the callback table and counts from now on. The series over time stay.
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
  std::int64_t slept_ns_ = 0;  ///< the latest sample that saw the time of sleeping polls grow, or the first one
  std::int64_t newest_number_ = -1;
  bool callbacks_recorded_ = false;  ///< at the level of the latest event
  std::int64_t since_ns_ = 0;
  bool calls_missing_ = false;
};

}  // namespace loopscope::tracer
