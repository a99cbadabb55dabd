#include "gui/model/digest.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "tracer/analysis/wording.h"
#include "tracer/system/process_identity.h"

namespace loopscope::gui {

using tracer::callable_text;
using tracer::Name;
using tracer::place_text;
using tracer::PollReason;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// The poll that the program is in, or was in last, by its own word. The events may be one poll behind.
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

/// How long the outermost callback has been running if it is this function, else -1.
std::int64_t running_of(const TraceSource& source, tracer::NameId id, std::int64_t at_ns) {
  const auto& open = source.model().open_callbacks();
  return open.empty() || open.front().name != id ? -1 : std::max<std::int64_t>(at_ns - open.front().begin_ns, 0);
}

void read_callbacks(Digest& digest, const TraceSource& source) {
  const auto& statistics = source.statistics();
  if (statistics.counting_since_ns() > 0)
    digest.counted_ns = digest.at_ns - statistics.counting_since_ns();
  digest.calls_missing = statistics.calls_missing();
  for (const auto& [id, row] : statistics.callbacks()) {
    const std::int64_t running_ns = running_of(source, id, digest.at_ns);
    if (row.calls == 0 && running_ns < 0)
      continue;
    const Name name = source.name(id);
    digest.callbacks.push_back({id, callable_text(name, row.kind), place_text(name), tracer::full_place_text(name),
                                row.kind, row.calls, row.total_ns, row.durations.quantile(0.5),
                                row.durations.quantile(0.99), row.max_ns,
                                row.waits.count() == 0 ? -1 : row.waits.quantile(0.99), running_ns});
  }
}

/// Whether the program has recorded at `level` or above all its life, for all that is known.
bool always_at(const TraceSource& source, tracer::Level level) {
  const auto created = static_cast<std::int64_t>(source.trace().header().created_monotonic_ns);
  return source.present().own_level >= level && source.levels().below(level, created, source.now_ns()).empty();
}

TasksKnown tasks_known(const TraceSource& source) {
  if (source.level() < tracer::Level::tasks)
    return TasksKnown::by_steps;
  return always_at(source, tracer::Level::tasks) ? TasksKnown::all : TasksKnown::since_level;
}

void read_tasks(Digest& digest, const TraceSource& source) {
  const auto& counters = source.counters();
  digest.tasks_known = tasks_known(source);
  digest.tasks_alive = counters.tasks_live;
  for (const auto& [object, track] : source.model().tasks()) {
    const Name name = source.name(track.name);
    const std::int64_t end = track.done_ns > 0 ? track.done_ns : digest.at_ns;
    digest.tasks.push_back({tracer::function_text(name), place_text(name), object, track.steps_total,
                            track.run_total_ns, track.waited_worst_ns,
                            track.created_ns > 0 ? end - track.created_ns : -1, track.done_ns > 0, track.followed,
                            source.model().open_step(track) != nullptr,
                            track.created_ns > 0 && source.model().lost_total() == 0});
  }
}

/// Other kinds carry no bytes, or their bytes are not recorded. Their count is then unknown, and not 0.
bool carries_bytes(tracer::HandleKind kind) {
  using tracer::HandleKind;
  return kind == HandleKind::tcp || kind == HandleKind::unix_stream || kind == HandleKind::udp ||
         kind == HandleKind::pipe;
}

void read_handles(Digest& digest, const TraceSource& source) {
  digest.all_handles_known = !source.damaged() && always_at(source, tracer::Level::phases);
  for (const tracer::OpenHandle& handle : source.trace().handles()) {
    const Name name = source.name(handle.name);
    std::string serves = handle.name == tracer::kNoName ? "" : tracer::function_text(name);
    const HandleTraffic* traffic = carries_bytes(handle.kind) ? source.traffic().of(handle.id) : nullptr;
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

/// Whether the session was recorded on this machine since its last boot.
bool recorded_here(const TraceSource& source) {
  const auto& boot = source.trace().header().boot_id;
  return std::string(boot, strnlen(boot, sizeof(boot))) == tracer::boot_id();
}

/// A session without a writer says itself whether the loop was closed. If it was not, its process may live all the same.
ProgramState state_of(const TraceSource& source, const std::optional<tracer::Hang>& hang) {
  if (!source.ended())
    return hang ? ProgramState::hangs : ProgramState::live;
  if (source.damaged())
    return ProgramState::damaged;
  if (source.present().ended != 0)
    return ProgramState::closed;
  const auto& header = source.trace().header();
  const bool of_here = recorded_here(source) && header.pid_namespace == tracer::own_process().pid_namespace;
  const bool lives = of_here && header.process_start_ticks != 0 &&
                     tracer::process_start_ticks(header.pid) == header.process_start_ticks;
  if (!lives)
    return ProgramState::died;
  return source.lived_until_ns() > 0 ? ProgramState::left : ProgramState::copied;
}

/// "Task main was running, for at least 5.6 s when the program was last seen.", or what is known of it. Empty if the loop slept.
std::string last_words(const TraceSource& source, const tracer::Hang& hang) {
  const std::string what =
      hang.callback ? callable_text(source.name(hang.callback->name), hang.callback->kind) + " was running"
                    : std::string("The loop was in ").append(tracer::activity_text(hang.activity));
  const std::int64_t lasted_ns = source.lived_until_ns() - hang.begin_ns;
  return " " + what +
         (lasted_ns > 0
              ? ", for at least " + tracer::duration_text(lasted_ns) + " when the program was last seen to live."
              : "; it is not known for how long.");
}

/// By the counters, which lose nothing; a poll that sleeps now stands in the present.
std::optional<std::int64_t> awake_since_ns(const TraceSource& source) {
  const tracer::Present& present = source.present();
  const bool may_sleep = present.phase == tracer::Phase::poll && present.poll_timeout_ms != 0;
  return may_sleep ? std::nullopt : source.statistics().awake_since_ns();
}

/// Adds the finding that the program died, and which callback was running.
void say_how_it_ended(Digest& digest, const TraceSource& source) {
  if (digest.state != ProgramState::died)
    return;
  tracer::Finding finding{
      tracer::FindingRule::program_died, tracer::Severity::warning, {}, {}, {}, tracer::kNoName, 0, 0, 0};
  finding.title = "The program was killed or crashed";
  finding.detail = "It ended without closing its loop.";
  const auto held = tracer::find_hang(source.model(), {}, digest.at_ns, 0);
  if (held && held->kind != tracer::Hang::Kind::overdue_poll) {
    finding.detail += last_words(source, *held);
    finding.begin_ns = held->begin_ns;
    finding.end_ns = std::max(digest.at_ns, held->begin_ns);
    if (held->callback) {
      finding.place = place_text(source.name(held->callback->name));
      finding.name = held->callback->name;
    }
  }
  digest.findings.insert(digest.findings.begin(), finding);
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
  // Costs are valid only for the machine that they were measured on.
  if (!recorded_here(source) || (calibration.done && !calibration.costs))
    return recording;
  if (!calibration.done) {
    recording.state = Recording::State::measuring;
    return recording;
  }
  const auto totals = source.statistics().summarise(begin, end);
  // Below level callbacks only the counters count them. A session that was dead when it was opened has no earlier sample.
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
  digest.cpu_wait_share = source.cpu_waits().share(digest.at_ns - kSecond, digest.at_ns);
  if (!source.ended())
    digest.hang =
        tracer::find_hang(source.model(), source.cpu_waits(), digest.at_ns, tracer::FindingRules{}.held_loop_ns);
  digest.state = state_of(source, digest.hang);
  digest.findings = tracer::find_trouble(
      source.model(), [&source](tracer::NameId id) { return source.name(id); }, digest.at_ns, source.cpu_waits(),
      source.ended() ? tracer::Program::ended : tracer::Program::lives, awake_since_ns(source));
  const auto stopped = [](const tracer::Finding& finding) {
    return finding.rule == tracer::FindingRule::program_stopped;
  };
  if (std::any_of(digest.findings.begin(), digest.findings.end(), stopped))
    digest.state = ProgramState::stopped;
  say_how_it_ended(digest, source);
  read_polls(digest, source);
  read_rates(digest, source);
  read_callbacks(digest, source);
  read_tasks(digest, source);
  read_handles(digest, source);
  return digest;
}

}  // namespace loopscope::gui
