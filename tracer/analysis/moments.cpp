#include "tracer/analysis/moments.h"

#include <algorithm>
#include <utility>

#include "tracer/read/trace_time.h"

namespace loopscope::tracer {
namespace {

/// What an entry of a Moment takes, with its share of a map.
constexpr std::uint64_t kEntryBytes = 112;
/// So many events take as much memory as an entry.
constexpr std::size_t kEventsPerEntry = 4;

}  // namespace

Moments::Moments(const EventSource& source, const Limits& limits)
    : source_(source),
      limits_(limits),
      stream_(source, Boundaries::observed, Track::loop),
      decoder_(source, Boundaries::all, Track::loop, Stamps::ns) {}

bool Moments::follow(std::uint64_t end) {
  if (!loaded_) {
    load(end);
    return true;
  }
  batch_.clear();
  if (!stream_.read(batch_, end))
    return false;
  add_batch();
  forget();
  return true;
}

/// The first time. The state before the oldest event shows only once all others were seen: keeps them, then replays them.
void Moments::load(std::uint64_t end) {
  loaded_ = true;
  std::optional<MomentSeed> seed;
  std::vector<Event> kept;
  std::uint64_t first = 0;
  do {
    batch_.clear();
    if (!stream_.read(batch_, end))
      break;
    const auto& batch = stream_.batch();
    if (batch.lost > 0 || kept.empty()) {
      kept.clear();
      first = batch.first_position;
      seed.emplace(first == 0);
    }
    auto next = batch_.begin();
    for (auto event : batch.events) {
      if (event.type != EventType::clock_anchor) {
        seed->look(*next);
        event.ticks = static_cast<std::uint64_t>((next++)->t_ns);
      } else {
        event.ticks = kept.empty() ? 0 : kept.back().ticks;
      }
      kept.push_back(event);
    }
  } while (!stream_.caught_up());
  if (!seed)
    seed.emplace(first == 0);
  now_ = seed->before(source_);
  begin_stretch(first, true);
  for (const auto& event : kept) replay(event, first++);
}

void Moments::add_batch() {
  const auto& batch = stream_.batch();
  if (batch.lost > 0)
    lose();
  auto position = batch.first_position;
  auto next = batch_.begin();
  for (auto event : batch.events) {
    event.ticks = event.type == EventType::clock_anchor ? static_cast<std::uint64_t>(now_.t_ns)
                                                        : static_cast<std::uint64_t>((next++)->t_ns);
    replay(event, position++);
  }
}

/// Keeps the event, too.
void Moments::replay(const Event& event, std::uint64_t position) {
  if (stretches_.back().events.size() >= std::max(kLeastEvents, kEventsPerEntry * now_.size()))
    begin_stretch(position, false);
  stretches_.back().events.push_back(event);
  ++events_;
  bytes_ += sizeof(Event);
  decoded_.clear();
  decoder_.decode(event, position, decoded_);
  for (const auto& each : decoded_) now_.apply(each);
}

void Moments::begin_stretch(std::uint64_t position, bool after_loss) {
  if (!stretches_.empty())
    stretches_.back().events.shrink_to_fit();
  const auto frame_bytes = sizeof(Stretch) + kEntryBytes * now_.size();
  stretches_.push_back({now_, decoder_, position, after_loss, {}, frame_bytes});
  bytes_ += frame_bytes;
}

void Moments::lose() {
  lost_ += stream_.batch().lost;
  decoder_.skipped();
  now_.lose();
  if (source_.has_present()) {
    const auto& batch = batch_;
    add_what_lives(source_, batch.empty() ? now_.t_ns : batch.front().t_ns, now_);
    now_.level = source_.present().present.level;
  }
  if (stretches_.back().events.empty())
    stretches_.pop_back();
  begin_stretch(stream_.batch().first_position, true);
}

/// The newest stretch stays.
void Moments::forget() {
  const auto oldest_ns = last_ns() - limits_.history_ns;
  while (stretches_.size() > 1) {
    const auto& first = stretches_.front();
    const bool old = first.events.empty() || static_cast<std::int64_t>(first.events.back().ticks) < oldest_ns;
    if (!old && bytes_ <= limits_.most_bytes)
      return;
    bytes_ -= first.frame_bytes + first.events.size() * sizeof(Event);
    events_ -= first.events.size();
    stretches_.pop_front();
  }
}

std::int64_t Moments::first_ns() const {
  for (const auto& stretch : stretches_)
    if (!stretch.events.empty())
      return bounded_ns(stretch.events.front().ticks);
  return 0;
}

std::int64_t Moments::last_ns() const {
  return stretches_.empty() ? 0 : now_.t_ns;
}

std::optional<Moment> Moments::at(std::int64_t t_ns) const {
  const auto begins_later = [](std::int64_t t, const Stretch& stretch) {
    return !stretch.events.empty() && t < bounded_ns(stretch.events.front().ticks);
  };
  auto stretch = std::upper_bound(stretches_.begin(), stretches_.end(), t_ns, begins_later);
  if (stretch == stretches_.begin())
    return std::nullopt;
  --stretch;
  Moment moment = stretch->start;
  EventDecoder decoder = stretch->decoder;
  std::vector<TraceEvent> decoded;
  // What is inferred before an event may lie before t, though the event does not: it may be the first of the next stretch.
  for (; stretch != stretches_.end(); ++stretch) {
    auto position = stretch->first_position;
    for (const auto& event : stretch->events) {
      decoded.clear();
      decoder.decode(event, position++, decoded);
      for (const auto& each : decoded) {
        if (each.t_ns > t_ns)
          return moment;
        moment.apply(each);
      }
    }
    if (const auto next = stretch + 1; next != stretches_.end() && next->after_loss)
      break;
  }
  return moment;
}

}  // namespace loopscope::tracer
