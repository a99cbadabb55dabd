#include "tracer/analysis/statistics.h"

#include <algorithm>
#include <utility>

#include "tracer/analysis/nesting.h"

namespace loopscope::tracer {

void Statistics::add(const TraceEvent& event) {
  // Nothing is known of the time while the machine stood still.
  if (event.clock != ClockFault::none)
    newest_number_ = -1;
  switch (event.type) {
    case EventType::level_changed:
      callbacks_recorded_ = event.level() >= Level::callbacks;
      calls_missing_ = calls_missing_ || (!callbacks_recorded_ && since_ns_ != 0);
      break;
    case EventType::callback_begin: {
      callbacks_recorded_ = true;
      count_total(&Throughput::callbacks, 1, event.t_ns);
      forget_if_too_deep(open_);
      open_.push_back({event.t_ns, event.name});
      CallbackRow& row = row_of(event);
      row.kind = event.callback_kind();
      if (since_ns_ == 0)
        since_ns_ = event.t_ns;
      if (event.other_ns <= 0)
        break;
      const std::int64_t waited = std::max<std::int64_t>(event.t_ns - event.other_ns, 0);
      row.waits.add(waited);
      Bucket& bucket = bucket_at(event.t_ns);
      bucket.lag.add(waited);
      bucket.lag_max_ns = std::max(bucket.lag_max_ns, waited);
      break;
    }
    case EventType::callback_end:
      on_callback_end(event);
      break;
    case EventType::poll_end:
      count_total(&Throughput::io_events, static_cast<double>(event.value), event.t_ns);
      break;
    case EventType::bytes_read:
      count_total(&Throughput::bytes_read, static_cast<double>(event.value), event.t_ns);
      break;
    case EventType::bytes_written:
      count_total(&Throughput::bytes_written, static_cast<double>(event.value), event.t_ns);
      break;
    case EventType::phase_begin:
      if (event.phase == Phase::idle) {
        Bucket& bucket = bucket_at(event.t_ns);
        bucket.ready_depth = std::max(bucket.ready_depth, static_cast<std::uint64_t>(event.value));
      } else {
        bucket_at(event.t_ns);
      }
      break;
    case EventType::loop_start:
    case EventType::loop_stop:
      open_.clear();
      break;
    default:
      break;
  }
}

void Statistics::lose() {
  open_.clear();
  newest_number_ = -1;
  calls_missing_ = calls_missing_ || since_ns_ != 0;
}

void Statistics::sample(const Counters& counters, std::int64_t t_ns) {
  if (last_counters_ && t_ns > last_sample_ns_) {
    const Counters& last = *last_counters_;
    const auto grown = [](std::uint64_t now, std::uint64_t before) {
      return now > before ? static_cast<double>(now - before) : 0.0;
    };
    const Throughput total{grown(counters.callbacks, last.callbacks), grown(counters.io_events, last.io_events),
                           grown(counters.bytes_read, last.bytes_read),
                           grown(counters.bytes_written, last.bytes_written)};
    // Between two samples the counts are divided among the buckets by time.
    const double span = static_cast<double>(t_ns - last_sample_ns_);
    const std::int64_t oldest = std::max<std::int64_t>(t_ns - kBucketNs * (kBucketCount - 1), 0);
    for (std::int64_t from = std::max(last_sample_ns_, oldest); from < t_ns;) {
      const std::int64_t to = std::min(t_ns, (from / kBucketNs + 1) * kBucketNs);
      const double share = static_cast<double>(to - from) / span;
      Bucket& bucket = bucket_at(from);
      // In the bucket in which sampling began, only events know the part before the first sample.
      if (from / kBucketNs > first_sample_ns_ / kBucketNs)
        bucket.totals_known = true;
      Throughput& throughput = bucket.throughput;
      throughput.callbacks += total.callbacks * share;
      throughput.io_events += total.io_events * share;
      throughput.bytes_read += total.bytes_read * share;
      throughput.bytes_written += total.bytes_written * share;
      from = to;
    }
  }
  if (!last_counters_)
    first_sample_ns_ = t_ns;
  if (!last_counters_ || counters.poll_sleep_ticks != last_counters_->poll_sleep_ticks)
    slept_ns_ = t_ns;
  if (!last_counters_ || t_ns > last_sample_ns_) {
    last_counters_ = counters;
    last_sample_ns_ = t_ns;
  }
}

std::optional<std::int64_t> Statistics::awake_since_ns() const {
  return last_counters_ ? std::optional(slept_ns_) : std::nullopt;
}

void Statistics::stop_sampling() {
  last_counters_.reset();
  newest_number_ = -1;
}

const Statistics::Bucket* Statistics::bucket(std::int64_t t_ns) const {
  if (t_ns < 0)
    return nullptr;
  const std::int64_t number = t_ns / kBucketNs;
  const Slot& slot = slots_[static_cast<std::size_t>(number % kBucketCount)];
  return slot.number == number && slot.bucket.known ? &slot.bucket : nullptr;
}

Statistics::Bucket Statistics::summarise(std::int64_t begin_ns, std::int64_t end_ns) const {
  Bucket sum;
  const std::int64_t end = (bounded_ns(end_ns) + kBucketNs - 1) / kBucketNs;
  for (std::int64_t number = std::max(bounded_ns(begin_ns) / kBucketNs, end - kBucketCount); number < end;
       ++number) {
    const Bucket* part = bucket(number * kBucketNs);
    if (part == nullptr)
      continue;
    sum.known = true;
    sum.totals_known = sum.totals_known || part->totals_known;
    sum.throughput.callbacks += part->throughput.callbacks;
    sum.throughput.io_events += part->throughput.io_events;
    sum.throughput.bytes_read += part->throughput.bytes_read;
    sum.throughput.bytes_written += part->throughput.bytes_written;
    sum.ready_depth = std::max(sum.ready_depth, part->ready_depth);
    sum.lag.merge(part->lag);
    sum.lag_max_ns = std::max(sum.lag_max_ns, part->lag_max_ns);
  }
  return sum;
}

void Statistics::reset_callbacks() {
  rows_.clear();
  since_ns_ = 0;
  calls_missing_ = false;
}

Statistics::Bucket& Statistics::bucket_at(std::int64_t t_ns) {
  const std::int64_t number = std::max<std::int64_t>(t_ns, 0) / kBucketNs;
  // Nothing happened between two events that were both read. So the empty buckets between them are known.
  if (newest_number_ >= 0 && number - newest_number_ < kBucketCount) {
    for (std::int64_t quiet = newest_number_ + 1; quiet < number; ++quiet) open_bucket(quiet);
  }
  newest_number_ = std::max(newest_number_, number);
  return open_bucket(number);
}

Statistics::Bucket& Statistics::open_bucket(std::int64_t number) {
  Slot& slot = slots_[static_cast<std::size_t>(number % kBucketCount)];
  if (slot.number < number) {
    slot.number = number;
    slot.bucket = Bucket{};
  }
  slot.bucket.known = true;
  slot.bucket.totals_known = slot.bucket.totals_known || callbacks_recorded_;
  return slot.bucket;
}

void Statistics::count_total(double Throughput::*total, double amount, std::int64_t t_ns) {
  Bucket& bucket = bucket_at(t_ns);
  if (!last_counters_ || t_ns < first_sample_ns_)
    bucket.throughput.*total += amount;
}

void Statistics::CallbackRow::take(const CallbackRow& other) {
  calls += other.calls;
  total_ns = add_ns(total_ns, other.total_ns);
  max_ns = std::max(max_ns, other.max_ns);
  seen_ns = std::max(seen_ns, other.seen_ns);
  durations.merge(other.durations);
  waits.merge(other.waits);
}

Statistics::CallbackRow& Statistics::row_of(const TraceEvent& event) {
  if (rows_.size() >= kMostRows && !rows_.contains(event.name))
    make_room_for_a_row();
  CallbackRow& row = rows_[event.name];
  row.name = event.name;
  row.seen_ns = event.t_ns;
  return row;
}

void Statistics::make_room_for_a_row() {
  std::vector<std::pair<std::int64_t, NameId>> ages;
  ages.reserve(rows_.size());
  for (const auto& [name, row] : rows_)
    if (name != kNoName)
      ages.emplace_back(row.seen_ns, name);
  const auto end = ages.begin() + kMostRows / 4;
  std::nth_element(ages.begin(), end, ages.end());
  CallbackRow& others = rows_[kNoName];
  for (auto age = ages.begin(); age != end; ++age) {
    others.take(rows_[age->second]);
    rows_.erase(age->second);
  }
}

void Statistics::on_callback_end(const TraceEvent& event) {
  if (open_.empty())
    return;
  const OpenCallback opened = open_.back();
  open_.pop_back();
  if (opened.name != event.name) {  // events were lost between the two
    open_.clear();
    return;
  }
  CallbackRow& row = row_of(event);
  const std::int64_t duration = std::max<std::int64_t>(event.t_ns - opened.begin_ns, 0);
  ++row.calls;
  row.total_ns = add_ns(row.total_ns, duration);
  row.max_ns = std::max(row.max_ns, duration);
  row.durations.add(duration);
}

}  // namespace loopscope::tracer
