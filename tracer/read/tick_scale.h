#pragma once
/// From a session's ticks to CLOCK_MONOTONIC ns: pieces of straight line, from anchor to anchor.
///
/// The counter and the clock part where the machine is suspended or its virtual machine paused: the counter goes on
/// (or begins anew), the clock stands still. Two anchors around such a *jump* have two pieces between them: one goes
/// on from the anchor before, one leads to the anchor after, both at the rate that all other anchors tell. They meet
/// in the longest silence between the two anchors, because nothing is recorded while a machine stands still.
///
/// Thread: one. Errors: anchors that make no sense (a damaged file) are left out; every time that is handed out is
/// bounded (tracer/read/trace_time.h).

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tracer/format.h"

namespace loopscope::tracer {

class TickScale {
 public:
  TickScale() = default;
  /// Until there is a second anchor the rate of a tick clock is not known; one tick is then drawn as 1 ns.
  TickScale(ClockSource source, const ClockAnchor& first);

  /// Takes an anchor that is later than all before it. `resumed_ticks` is the stamp of the event that ended the
  /// longest silence since the anchor before: that is where a jump is put. Counts from the next fit() on.
  /// False if it is left out: it makes no sense, or is too close to the one before to tell more.
  bool add(const ClockAnchor& anchor, std::uint64_t resumed_ticks);
  void fit();

  /// Does a jump lie between the last anchor and `now`?
  [[nodiscard]] bool jumps_to(const ClockAnchor& now) const;
  /// Is there nothing to learn from `now`: a good rate, an anchor of the last second, no jump since?
  [[nodiscard]] bool is_fresh(const ClockAnchor& now) const;
  /// Where both clocks are now: add() and fit(), but the anchor gives way to the next one while the two are close.
  void follow(const ClockAnchor& now, std::uint64_t resumed_ticks);

  [[nodiscard]] std::int64_t to_ns(std::uint64_t ticks) const;
  /// How long `ticks` last.
  [[nodiscard]] std::int64_t duration_ns(std::uint64_t ticks) const;
  [[nodiscard]] bool rate_known() const { return source_ == ClockSource::monotonic || rate_known_; }

  /// How much further the counter went than the clock from one event to another; 0 if no jump lies between them.
  [[nodiscard]] std::int64_t jump_ns(std::uint64_t from_ticks, std::uint64_t to_ticks) const;
  [[nodiscard]] const ClockAnchor& last_anchor() const { return knots_.back().anchor; }

 private:
  struct Knot {
    ClockAnchor anchor;
    std::uint64_t resumed_ticks;  ///< where a jump of the interval that ends here would be
  };
  struct Piece {
    std::uint64_t from_ticks;
    ClockAnchor pivot;
    double ns_per_tick;
    std::int64_t jumped_ns;  ///< all jumps before it
  };

  void measure_rate();
  [[nodiscard]] bool jumps(const ClockAnchor& from, const ClockAnchor& to) const;
  void lay(const Knot& from, const Knot& to);
  void begin_piece(const Piece& piece);
  [[nodiscard]] const Piece& piece_of(std::uint64_t ticks) const;

  ClockSource source_ = ClockSource::monotonic;
  std::vector<Knot> knots_;
  std::size_t restarts_ = 0;     ///< knots whose counter is behind the one before
  bool last_is_moving_ = false;  ///< the last knot gives way to the next
  std::vector<Piece> pieces_;    ///< by from_ticks; at least one unless the clock is monotonic
  std::size_t latest_piece_ = 0;
  double ns_per_tick_ = 1;  ///< of all intervals without a jump
  bool rate_known_ = false;
  std::int64_t jumped_ns_ = 0;  ///< all jumps so far, while pieces are laid
  bool any_jump_ = false;
  mutable std::size_t asked_ = 0;  ///< the piece of the last question: the next is about the same one
};

}  // namespace loopscope::tracer
