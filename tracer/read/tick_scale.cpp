#include "tracer/read/tick_scale.h"

#include <algorithm>
#include <cmath>

#include "tracer/read/trace_time.h"

namespace loopscope::tracer {
namespace {

// Clocks between 10 MHz and 100 GHz: anything else is a damaged file.
constexpr double kLeastNsPerTick = 0.01;
constexpr double kMostNsPerTick = 100;

/// An anchor is good to some 100 ns: closer ones would tell a poor rate, and only wider ones are asked for it.
constexpr std::uint64_t kClosestNs = 1'000'000;
constexpr double kWideNs = 1e7;
constexpr std::uint64_t kFreshNs = 1'000'000'000;
/// Less than this is no jump: anchors of a program that is interrupted while it takes them are off by as much.
constexpr double kLeastJumpNs = 5e6;
/// CLOCK_MONOTONIC is slewed by NTP, at most by half of this.
constexpr double kSlew = 1e-3;

constexpr std::size_t kMostKnots = 1U << 17U;  // a day and a half, an anchor a second
constexpr std::size_t kMostRestarts = 64;
constexpr std::size_t kAskedForRate = 15;

double ticks_between(const ClockAnchor& from, const ClockAnchor& to) {
  return to.ticks >= from.ticks ? static_cast<double>(to.ticks - from.ticks)
                                : -static_cast<double>(from.ticks - to.ticks);
}
double ns_between(const ClockAnchor& from, const ClockAnchor& to) {
  return static_cast<double>(to.monotonic_ns) - static_cast<double>(from.monotonic_ns);
}
/// ns of a tick; 0 if the two do not tell.
double rate_between(const ClockAnchor& from, const ClockAnchor& to) {
  const auto ticks = ticks_between(from, to);
  const auto rate = ticks > 0 ? ns_between(from, to) / ticks : 0;
  return rate < kLeastNsPerTick || rate > kMostNsPerTick ? 0 : rate;
}

}  // namespace

TickScale::TickScale(ClockSource source, const ClockAnchor& first) : source_(source), knots_{{first, 0}} {
  fit();
}

bool TickScale::add(const ClockAnchor& anchor, std::uint64_t resumed_ticks) {
  const auto& last = knots_.back().anchor;
  const auto sane = static_cast<std::uint64_t>(kLatestNs);
  if (source_ == ClockSource::monotonic || anchor.monotonic_ns > sane ||
      anchor.monotonic_ns <= last.monotonic_ns || anchor.monotonic_ns - last.monotonic_ns < kClosestNs)
    return false;
  if (anchor.ticks <= last.ticks) {
    if (restarts_ == kMostRestarts)
      return false;
    ++restarts_;
  }
  if (knots_.size() == kMostKnots)
    knots_.erase(knots_.begin(), knots_.begin() + kMostKnots / 2);
  knots_.push_back({anchor, resumed_ticks});
  last_is_moving_ = false;
  return true;
}

bool TickScale::jumps_to(const ClockAnchor& now) const {
  return rate_known_ && jumps(last_anchor(), now);
}

bool TickScale::is_fresh(const ClockAnchor& now) const {
  const auto& last = last_anchor();
  const bool of_this_second =
      now.monotonic_ns >= last.monotonic_ns && now.monotonic_ns - last.monotonic_ns < kFreshNs;
  const bool good_rate = last.monotonic_ns - knots_.front().anchor.monotonic_ns >= kFreshNs;
  return of_this_second && good_rate && !last_is_moving_ && !jumps_to(now);
}

void TickScale::follow(const ClockAnchor& now, std::uint64_t resumed_ticks) {
  if (last_is_moving_)
    knots_.pop_back();
  last_is_moving_ = false;
  const auto before = last_anchor();
  auto added = add(now, resumed_ticks);
  if (!added && knots_.size() == 1 && rate_between(before, now) > 0) {
    knots_.push_back({now, resumed_ticks});  // a poor rate is better than none
    added = true;
  }
  fit();
  last_is_moving_ = added && now.monotonic_ns - before.monotonic_ns < kFreshNs && !jumps(before, now);
}

void TickScale::fit() {
  if (source_ == ClockSource::monotonic)
    return;
  measure_rate();
  pieces_.clear();
  latest_piece_ = asked_ = 0;
  jumped_ns_ = 0;
  any_jump_ = false;
  for (std::size_t i = 1; i < knots_.size(); ++i) lay(knots_[i - 1], knots_[i]);
  const auto& last = knots_.back().anchor;
  auto rate = ns_per_tick_;
  if (knots_.size() > 1) {
    const auto& before = knots_[knots_.size() - 2];
    const bool long_enough = last.monotonic_ns - before.anchor.monotonic_ns >= kFreshNs / 2;
    if (long_enough && !jumps(before.anchor, last))
      rate = rate_between(before.anchor, last);
  }
  begin_piece({last.ticks, last, rate, jumped_ns_});
}

/// The rate on which most of the latest intervals agree, then that of all which agree with it. Of two that do not
/// agree the one with fewer ticks is right: a machine that stands still adds ticks.
void TickScale::measure_rate() {
  std::vector<double> rates;
  for (const auto least_ns : {kWideNs, 0.0}) {
    for (auto i = knots_.size() - 1; i > 0 && rates.size() < kAskedForRate; --i) {
      const auto rate = rate_between(knots_[i - 1].anchor, knots_[i].anchor);
      if (rate > 0 && ns_between(knots_[i - 1].anchor, knots_[i].anchor) >= least_ns)
        rates.push_back(rate);
    }
    if (!rates.empty())
      break;
  }
  rate_known_ = !rates.empty();
  if (!rate_known_)
    return;
  const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
  std::nth_element(rates.begin(), middle, rates.end());
  ns_per_tick_ = *middle;
  double ns = 0;
  double ticks = 0;
  for (std::size_t i = 1; i < knots_.size(); ++i) {
    if (jumps(knots_[i - 1].anchor, knots_[i].anchor))
      continue;
    ns += ns_between(knots_[i - 1].anchor, knots_[i].anchor);
    ticks += ticks_between(knots_[i - 1].anchor, knots_[i].anchor);
  }
  if (ticks > 0)
    ns_per_tick_ = ns / ticks;
}

bool TickScale::jumps(const ClockAnchor& from, const ClockAnchor& to) const {
  const auto ns = ns_between(from, to);
  const auto told = ticks_between(from, to) * ns_per_tick_;
  return told < 0 || std::fabs(told - ns) > kLeastJumpNs + ns * kSlew;
}

void TickScale::lay(const Knot& from, const Knot& to) {
  const auto begin = from.anchor.ticks;
  const auto end = to.anchor.ticks;
  if (!jumps(from.anchor, to.anchor)) {
    const auto rate = rate_between(from.anchor, to.anchor);
    return begin_piece({begin, from.anchor, rate > 0 ? rate : ns_per_tick_, jumped_ns_});
  }
  begin_piece({begin, from.anchor, ns_per_tick_, jumped_ns_});
  const auto surplus = ticks_between(from.anchor, to.anchor) * ns_per_tick_ - ns_between(from.anchor, to.anchor);
  const auto jump_ns = surplus < 0 ? -bounded_ns(-surplus) : bounded_ns(surplus);
  jumped_ns_ = std::clamp(jumped_ns_ + jump_ns, -kLatestNs, kLatestNs);
  any_jump_ = true;
  const bool within = to.resumed_ticks <= end && (to.resumed_ticks > begin || end <= begin);
  begin_piece({within ? to.resumed_ticks : end, to.anchor, ns_per_tick_, jumped_ns_});
}

/// The latest piece in time. A counter that began anew passes once more where it was before: the newer piece stays.
void TickScale::begin_piece(const Piece& piece) {
  const auto behind = [](const Piece& old, std::uint64_t ticks) { return old.from_ticks < ticks; };
  auto place = pieces_.begin();
  if (pieces_.empty() || piece.from_ticks < pieces_[latest_piece_].from_ticks) {
    place = std::lower_bound(pieces_.begin(), pieces_.end(), piece.from_ticks, behind);
  } else {
    const auto latest = pieces_.begin() + static_cast<std::ptrdiff_t>(latest_piece_);
    const bool same_place = latest->from_ticks == piece.from_ticks;
    auto passed = latest + 1;
    while (passed != pieces_.end() && passed->from_ticks <= piece.from_ticks) ++passed;
    place = pieces_.erase(same_place ? latest : latest + 1, passed);
  }
  latest_piece_ = static_cast<std::size_t>(place - pieces_.begin());
  pieces_.insert(place, piece);
}

const TickScale::Piece& TickScale::piece_of(std::uint64_t ticks) const {
  const bool same = pieces_[asked_].from_ticks <= ticks &&
                    (asked_ + 1 == pieces_.size() || ticks < pieces_[asked_ + 1].from_ticks);
  if (!same) {
    const auto after =
        std::upper_bound(pieces_.begin(), pieces_.end(), ticks,
                         [](std::uint64_t at, const Piece& piece) { return at < piece.from_ticks; });
    asked_ = after == pieces_.begin() ? 0 : static_cast<std::size_t>(after - pieces_.begin()) - 1;
  }
  return pieces_[asked_];
}

std::int64_t TickScale::to_ns(std::uint64_t ticks) const {
  if (source_ == ClockSource::monotonic)
    return bounded_ns(ticks);
  const auto& piece = piece_of(ticks);
  const auto& pivot = piece.pivot;
  const bool later = ticks >= pivot.ticks;
  const auto distance_ns =
      bounded_ns(static_cast<double>(later ? ticks - pivot.ticks : pivot.ticks - ticks) * piece.ns_per_tick);
  const auto pivot_ns = bounded_ns(pivot.monotonic_ns);
  return bounded_ns(later ? pivot_ns + distance_ns : pivot_ns - distance_ns);
}

std::int64_t TickScale::duration_ns(std::uint64_t ticks) const {
  if (source_ == ClockSource::monotonic)
    return bounded_ns(ticks);
  return bounded_ns(static_cast<double>(ticks) * ns_per_tick_);
}

std::int64_t TickScale::jump_ns(std::uint64_t from_ticks, std::uint64_t to_ticks) const {
  if (!any_jump_)
    return 0;
  const auto before = piece_of(from_ticks).jumped_ns;
  return piece_of(to_ticks).jumped_ns - before;
}

}  // namespace loopscope::tracer
