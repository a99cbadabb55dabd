#include "gui/digest.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "tracer/analysis/wording.h"
#include "tracer/process_identity.h"

namespace loopscope::gui {

using tracer::callable_text;
using tracer::Name;
using tracer::place_text;
using tracer::PollReason;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// The poll that the program says it is in or was in last. What the events say of it may be a poll older.
void read_polls(Digest& digest, const TraceSource& source) {
  const tracer::Present& present = digest.present;
  digest.poll_known = present.level > tracer::Level::off && present.poll_begin_ticks != 0;
  if (!digest.poll_known)
    return;
  digest.poll_timeout_ms = present.poll_timeout_ms;
  const Name culprit = source.name(present.poll_culprit);
  digest.why = tracer::why_timeout(present.poll_reason, present.poll_timeout_ms,
                                   present.poll_culprit == tracer::kNoName ? nullptr : &culprit);

  const auto& polls = source.model().polls();
  std::map<PollReason, std::uint64_t> counts;
  const std::uint64_t from = polls.first_beginning_at(digest.at_ns - kSecond);
  for (std::uint64_t i = from; i < polls.last(); ++i) ++counts[polls[i].reason];
  for (const auto& [reason, count] : counts) {
    digest.reasons.emplace_back(reason, static_cast<double>(count) / static_cast<double>(polls.last() - from));
  }
  std::sort(digest.reasons.begin(), digest.reasons.end(),
            [](const auto& l, const auto& r) { return l.second > r.second; });
}

void read_callbacks(Digest& digest, const TraceSource& source) {
  const auto& statistics = source.statistics();
  if (statistics.counting_since_ns() > 0)
    digest.counted_ns = digest.at_ns - statistics.counting_since_ns();
  for (const auto& [id, row] : statistics.callbacks()) {
    if (row.calls == 0)
      continue;
    const Name name = source.name(id);
    digest.callbacks.push_back({id, callable_text(name, row.kind), place_text(name), tracer::full_place_text(name),
                                row.kind, row.calls, row.total_ns,
                                std::min(row.durations.quantile(0.5), row.max_ns),
                                std::min(row.durations.quantile(0.99), row.max_ns), row.max_ns,
                                row.waits.count() == 0 ? -1 : row.waits.quantile(0.99)});
  }
}

void read_tasks(Digest& digest, const TraceSource& source) {
  const auto& counters = source.counters();
  digest.tasks_recorded = source.level() >= tracer::Level::tasks;
  digest.tasks_alive = counters.tasks_live;
  for (const auto& [object, track] : source.model().tasks()) {
    const Name name = source.name(track.name);
    const std::int64_t end = track.done_ns > 0 ? track.done_ns : digest.at_ns;
    digest.tasks.push_back({tracer::function_text(name), place_text(name), object, track.steps_total,
                            track.run_total_ns, track.waited_worst_ns,
                            track.created_ns > 0 ? end - track.created_ns : -1, track.done_ns > 0});
  }
}

void read_handles(Digest& digest, const TraceSource& source) {
  for (const tracer::LiveObject& handle : source.session().handles()) {
    const Name name = source.name(handle.name);
    std::string serves = handle.name == tracer::kNoName ? "" : tracer::function_text(name);
    const HandleTraffic* traffic = source.traffic().of(handle.id);
    digest.handles.push_back({handle.id, tracer::handle_text(handle.kind), serves, handle.fd,
                              std::max<std::int64_t>(digest.at_ns - handle.since_ns, 0),
                              traffic == nullptr ? std::nullopt : std::optional(*traffic)});
  }
  std::sort(digest.handles.begin(), digest.handles.end(),
            [](const auto& l, const auto& r) { return l.age_ns > r.age_ns; });
}

void read_rates(Digest& digest, const TraceSource& source) {
  constexpr std::int64_t kWindow = 2 * kSecond;
  constexpr std::int64_t kBucket = tracer::Statistics::kBucketNs;
  const std::int64_t end = digest.at_ns / kBucket * kBucket;  // whole buckets only: the newest is still filling
  const auto sum = source.statistics().summarise(end - kWindow, end);
  digest.rates_known = sum.totals_known;
  const double seconds = static_cast<double>(kWindow) / 1e9;
  digest.callbacks_per_s = sum.throughput.callbacks / seconds;
  digest.io_events_per_s = sum.throughput.io_events / seconds;
  digest.bytes_in_per_s = sum.throughput.bytes_read / seconds;
  digest.bytes_out_per_s = sum.throughput.bytes_written / seconds;
}

/// A price belongs to the machine it was measured on.
bool recorded_here(const TraceSource& source) {
  const auto& boot = source.session().header().boot_id;
  return std::string(boot, strnlen(boot, sizeof(boot))) == tracer::boot_id();
}

Recording recording_of(const TraceSource& source, const Calibration& calibration, std::int64_t at_ns) {
  constexpr std::int64_t kBucket = tracer::RecordedSeries::kBucketNs;
  const std::int64_t end = source.ended() ? at_ns + 1 : at_ns / kBucket * kBucket;
  const std::int64_t begin = end - kSecond;
  Recording recording;
  tracer::RecordedCounts counts = source.recorded().sum(begin, end);
  if (counts.events == 0 && counts.lost == 0 && source.level() == tracer::Level::off) {
    recording.state = Recording::State::off;
    return recording;
  }
  if (!recorded_here(source) || (calibration.done && !calibration.costs))
    return recording;
  if (!calibration.done) {
    recording.state = Recording::State::measuring;
    return recording;
  }
  const auto totals = source.statistics().summarise(begin, end);
  // Below callbacks only the counters know of them, and a session that was dead when it was opened has no past ones.
  if (counts.callbacks() == 0 && !totals.totals_known && source.level() < tracer::Level::callbacks)
    return recording;
  counts.add_counted(totals.throughput.callbacks, totals.throughput.io_events);
  recording.cost = tracer::recording_cost(counts, *calibration.costs);
  if (!recording.cost.known)
    return recording;
  recording.state = Recording::State::known;
  recording.share = recording.cost.ns / static_cast<double>(kSecond);
  const tracer::TimeBudget budget = tracer::time_budget(source.model(), begin, end);
  using tracer::Activity;
  const double busy =
      1 - budget.share(Activity::poll_asleep) - budget.share(Activity::stopped) - budget.share(Activity::unknown);
  if (budget.share(Activity::unknown) < 0.05 && busy > 0)
    recording.busy_share = std::min(recording.share / busy, 1.0);
  return recording;
}

}  // namespace

Digest make_digest(const TraceSource& source, const Calibration& calibration) {
  Digest digest;
  digest.at_ns = source.now_ns();
  digest.present = source.present();
  digest.iteration = digest.present.iteration;
  digest.second = tracer::time_budget(source.model(), digest.at_ns - kSecond, digest.at_ns);
  digest.recording = recording_of(source, calibration, digest.at_ns);
  digest.lately = source.statistics().summarise(digest.at_ns - 10 * kSecond, digest.at_ns + 1);
  digest.findings = tracer::find_trouble(
      source.model(), [&source](tracer::NameId id) { return source.name(id); }, digest.at_ns);
  read_polls(digest, source);
  read_rates(digest, source);
  read_callbacks(digest, source);
  read_tasks(digest, source);
  read_handles(digest, source);
  return digest;
}

}  // namespace loopscope::gui
