#pragma once
/// Maps a stretch of time to a range of pixels. Thread: one. Errors: none; zoom and pan are clamped, and a view never lies
/// more than its own length outside the possible times.
/// Units: ns of CLOCK_MONOTONIC, pixels.

#include <algorithm>
#include <cstdint>

#include "tracer/read/trace_time.h"

namespace loopscope::gui {

class Viewport {
 public:
  static constexpr std::int64_t kShortestNs = 2'000;
  static constexpr std::int64_t kLongestNs = 120'000'000'000;

  Viewport() = default;
  Viewport(std::int64_t begin_ns, std::int64_t end_ns, float x0, float x1)
      : begin_(static_cast<double>(begin_ns)), span_(static_cast<double>(end_ns - begin_ns)), x0_(x0), x1_(x1) {
    clamp_span(begin_ + span_ / 2, 0.5);
  }

  [[nodiscard]] std::int64_t begin_ns() const { return static_cast<std::int64_t>(begin_); }
  [[nodiscard]] std::int64_t end_ns() const { return static_cast<std::int64_t>(begin_ + span_); }
  [[nodiscard]] std::int64_t span_ns() const { return static_cast<std::int64_t>(span_); }
  [[nodiscard]] float x0() const { return x0_; }
  [[nodiscard]] float x1() const { return x1_; }
  [[nodiscard]] double ns_per_px() const { return span_ / std::max(static_cast<double>(x1_ - x0_), 1.0); }

  [[nodiscard]] float to_x(std::int64_t t_ns) const {
    return x0_ + static_cast<float>((static_cast<double>(t_ns) - begin_) / ns_per_px());
  }
  /// As to_x(), but at the left or right end for a time that is out of view.
  [[nodiscard]] float to_x_in_view(std::int64_t t_ns) const { return std::clamp(to_x(t_ns), x0_, x1_); }
  [[nodiscard]] std::int64_t to_ns(float x) const {
    return static_cast<std::int64_t>(begin_ + static_cast<double>(x - x0_) * ns_per_px());
  }

  void place(float x0, float x1) {
    x0_ = x0;
    x1_ = std::max(x1, x0 + 1);
  }
  /// Zooms by `factor` (above 1: closer). The moment under `x` stays under `x`.
  void zoom(double factor, float x) {
    const double share =
        std::clamp(static_cast<double>(x - x0_) / std::max(static_cast<double>(x1_ - x0_), 1.0), 0.0, 1.0);
    const double pivot = begin_ + share * span_;
    span_ /= factor;
    clamp_span(pivot, share);
  }
  void pan(float pixels) {
    begin_ += static_cast<double>(pixels) * ns_per_px();
    clamp_begin();
  }
  /// Moves so that `end_ns` lies at the right edge.
  void follow(std::int64_t end_ns) {
    begin_ = static_cast<double>(end_ns) - span_;
    clamp_begin();
  }
  void show(std::int64_t begin_ns, std::int64_t end_ns) {
    begin_ = static_cast<double>(begin_ns);
    span_ = static_cast<double>(end_ns - begin_ns);
    clamp_span(begin_ + span_ / 2, 0.5);
  }
  /// Moves the view so that it does not go beyond `end_ns`, and so that at least a tenth of it lies on [begin_ns, end_ns]. A view
  /// that is too long for both ends at `end_ns`.
  void stay_near(std::int64_t begin_ns, std::int64_t end_ns) {
    const double least = static_cast<double>(begin_ns) - span_ * 0.9;
    const double most = static_cast<double>(end_ns) - span_;
    begin_ = std::min(std::max(begin_, least), most);
    clamp_begin();
  }

 private:
  void clamp_span(double pivot, double share) {
    span_ = std::clamp(span_, static_cast<double>(kShortestNs), static_cast<double>(kLongestNs));
    begin_ = pivot - share * span_;
    clamp_begin();
  }
  void clamp_begin() { begin_ = std::clamp(begin_, -span_, static_cast<double>(tracer::kLatestNs)); }

  double begin_ = 0;
  double span_ = 1e9;
  float x0_ = 0;
  float x1_ = 1;
};

}  // namespace loopscope::gui
