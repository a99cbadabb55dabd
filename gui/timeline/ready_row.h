#pragma once
/// The ready queue: how many callbacks were ready and had not begun, by pixel.
///
/// The depth is known from the first event that is kept to the last one, except in gaps and at level off. While the loop sleeps in its poll it is known until
/// now, because the queue is then empty. While something holds the loop it is not known, because what joins the queue is
/// recorded later. If few enough callbacks are in view, the depth follows from the times at which each became ready and began.
/// Otherwise, and where callbacks are not recorded, it comes from the depths that the loop recorded at the boundaries of its
/// idle phases.
/// Thread: one. Errors: none. Units: pixels, ns.

#include <cstdint>
#include <vector>

#include "gui/timeline/row.h"

namespace loopscope::gui {

inline constexpr std::int64_t kNotKnown = -1;

class ReadyRow final : public Row {
 public:
  ReadyRow() : Row({.lines = 1.7F, .share = 0.5F, .most_more = 4}) {}
  void lay_out(const Scene& scene, const Rect& area) override;
  void draw(Painter& painter, const TraceSource& source, tracer::NameId selected) const override;
  /// Says the depth at any place, because the row has no marks.
  [[nodiscard]] std::optional<Hit> hit(const TraceSource& source, Point at) const override;

  /// The depth of the queue for each pixel from the left of the row; kNotKnown where it is not known.
  [[nodiscard]] const std::vector<std::int64_t>& depths() const { return depths_; }
  /// Depths as lines, broken where they are not known.
  [[nodiscard]] const std::vector<std::vector<Point>>& lines() const { return lines_; }
  /// The largest depth in view.
  [[nodiscard]] std::uint64_t peak() const { return peak_; }

 private:
  [[nodiscard]] Lines describe(const TraceSource&, std::size_t /*strip*/, const Mark&) const override {
    return {};
  }
  void make_lines(const Viewport& viewport, const Rect& area);

  std::vector<std::int64_t> depths_;
  std::vector<std::vector<Point>> lines_;
  std::uint64_t peak_ = 0;
  float peak_x_ = 0;
};

}  // namespace loopscope::gui
