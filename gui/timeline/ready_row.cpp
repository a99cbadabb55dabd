#include "gui/timeline/ready_row.h"

#include <algorithm>
#include <utility>

#include "gui/timeline/timeline_words.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::CallbackColumn;
using tracer::CallbackSlice;
using tracer::TraceModel;

namespace {

/// If more callbacks than this are in view, they are not looked at one by one.
constexpr std::uint64_t kMostAsked = 20'000;

struct Step {
  std::int64_t t_ns;
  int change;
};

/// A depth for each column of pixels, from the left of the viewport.
class Columns {
 public:
  explicit Columns(const Viewport& viewport)
      : viewport_(viewport), depths_(static_cast<std::size_t>(std::max(viewport.x1() - viewport.x0(), 1.0F)), 0) {}

  [[nodiscard]] std::size_t at(std::int64_t t_ns) const {
    const double column = static_cast<double>(t_ns - viewport_.begin_ns()) / viewport_.ns_per_px();
    return static_cast<std::size_t>(std::clamp(column, 0.0, static_cast<double>(depths_.size() - 1)));
  }
  [[nodiscard]] std::int64_t end_ns(std::size_t column) const {
    return viewport_.to_ns(viewport_.x0() + static_cast<float>(column + 1));
  }
  [[nodiscard]] std::vector<std::int64_t>& depths() { return depths_; }
  /// Marks [begin_ns, end_ns) as not known.
  void forget(std::int64_t begin_ns, std::int64_t end_ns) {
    if (end_ns <= viewport_.begin_ns() || begin_ns >= viewport_.end_ns() || end_ns <= begin_ns)
      return;
    for (std::size_t i = at(begin_ns), last = at(end_ns - 1); i <= last; ++i) depths_[i] = kNotKnown;
  }

 private:
  const Viewport& viewport_;
  std::vector<std::int64_t> depths_;
};

void step_through(const CallbackSlice& slice, const Viewport& viewport, std::vector<Step>& steps) {
  if (slice.ready_ns <= 0 || slice.ready_ns >= viewport.end_ns() || slice.waited_ns() == 0)
    return;
  steps.push_back({std::max(slice.ready_ns, viewport.begin_ns()), 1});
  steps.push_back({slice.begin_ns, -1});
}

/// Steps for all callbacks that were ready within the view, even if they ran later. False if there are too many.
bool waiting_steps(const TraceModel& model, const Viewport& viewport, std::vector<Step>& steps) {
  const auto& callbacks = model.callbacks();
  const std::uint64_t from = callbacks.first_beginning_at(viewport.begin_ns());
  const std::uint64_t in_view = callbacks.first_beginning_at(viewport.end_ns(), from);
  if (in_view - from > kMostAsked || (in_view == callbacks.first() && model.open_callbacks().empty()))
    return false;
  for (std::uint64_t i = from; i < in_view; ++i) step_through(callbacks[i], viewport, steps);
  // Callbacks that ran later, chunk by chunk, because most of them became ready later, too.
  for (std::uint64_t i = in_view; i < callbacks.last();) {
    const std::uint64_t end =
        std::min((i / CallbackColumn::kChunk + 1) * CallbackColumn::kChunk, callbacks.last());
    if (callbacks.summarise(i, end).first_ready_ns < viewport.end_ns()) {
      for (std::uint64_t k = i; k < end; ++k) step_through(callbacks[k], viewport, steps);
      if (steps.size() > 4 * kMostAsked)
        return false;
    }
    i = end;
  }
  if (!model.open_callbacks().empty() && model.open_callbacks().front().begin_ns >= viewport.begin_ns())
    step_through(model.open_callbacks().front(), viewport, steps);
  std::sort(steps.begin(), steps.end(), [](const Step& left, const Step& right) {
    return left.t_ns != right.t_ns ? left.t_ns < right.t_ns : left.change > right.change;
  });
  return true;
}

void fill_from_steps(Columns& columns, const Viewport& viewport, const std::vector<Step>& steps) {
  auto& depths = columns.depths();
  std::int64_t depth = 0;
  std::size_t at = 0;
  for (const Step& step : steps) {
    if (step.t_ns >= viewport.end_ns())
      break;
    const std::size_t column = columns.at(step.t_ns);
    for (; at < column; ++at) depths[at + 1] = depth;
    depth = std::max<std::int64_t>(depth + step.change, 0);
    depths[column] = std::max(depths[column], depth);
  }
  for (; at + 1 < depths.size(); ++at) depths[at + 1] = depth;
}

/// A recorded depth counts until the next one.
void fill_from_samples(Columns& columns, const TraceModel& model, const Viewport& viewport) {
  const auto& samples = model.ready_depths();
  std::uint64_t i = samples.first_beginning_at(viewport.begin_ns());
  auto held = static_cast<std::int64_t>(i > samples.first() ? samples[i - 1].depth : 0);
  auto& depths = columns.depths();
  for (std::size_t column = 0; column < depths.size(); ++column) {
    const std::uint64_t next = samples.first_beginning_at(columns.end_ns(column), i);
    depths[column] = std::max(held, static_cast<std::int64_t>(samples.summarise(i, next).depth));
    if (next > i)
      held = static_cast<std::int64_t>(samples[next - 1].depth);
    i = next;
  }
}

/// Whether the loop sleeps in its poll. If it does, no callback is ready.
bool sleeps(const TraceModel& model) {
  return model.open_phase() && model.open_phase()->activity == tracer::Activity::poll_asleep;
}

void forget_what_nobody_knows(Columns& columns, const Scene& scene, std::int64_t dropped_until_ns) {
  const TraceModel& model = scene.model;
  const Viewport& viewport = scene.viewport;
  const std::int64_t first = std::max(model.first_event_ns(), dropped_until_ns);
  const std::int64_t last = sleeps(model) ? std::max(scene.now_ns, model.last_event_ns()) : model.last_event_ns();
  columns.forget(viewport.begin_ns(), first == 0 ? viewport.end_ns() : first);
  columns.forget(std::max(last + 1, viewport.begin_ns()), viewport.end_ns());
  for (const tracer::Gap& gap : model.gaps()) {
    if (gap.reason != tracer::GapReason::wrong_times)
      columns.forget(gap.begin_ns, gap.end_ns);
  }
  for (const TimeSpan& span : scene.off) columns.forget(span.begin_ns, span.end_ns);
}

}  // namespace

void ReadyRow::lay_out(const Scene& scene, const Rect& area) {
  Columns columns(scene.viewport);
  std::vector<Step> steps;
  std::int64_t dropped_until_ns = 0;
  if (waiting_steps(scene.model, scene.viewport, steps)) {
    fill_from_steps(columns, scene.viewport, steps);
    dropped_until_ns = scene.model.callbacks().dropped_until_ns();
  } else {
    fill_from_samples(columns, scene.model, scene.viewport);
    dropped_until_ns = scene.model.ready_depths().dropped_until_ns();
  }
  Strip& strip = add_strip(scene, area, "Ready queue", dropped_until_ns);
  strip.kept_x = scene.viewport.to_x_in_view(dropped_until_ns);
  forget_what_nobody_knows(columns, scene, dropped_until_ns);
  depths_ = std::move(columns.depths());
  make_lines(scene.viewport, area);
}

void ReadyRow::make_lines(const Viewport& viewport, const Rect& area) {
  for (std::size_t i = 0; i < depths_.size(); ++i) {
    if (depths_[i] > static_cast<std::int64_t>(peak_)) {
      peak_ = static_cast<std::uint64_t>(depths_[i]);
      peak_x_ = viewport.x0() + static_cast<float>(i);
    }
  }
  const float scale = area.height() / static_cast<float>(std::max<std::uint64_t>(peak_, 4));
  bool known = false;
  for (std::size_t i = 0; i < depths_.size(); ++i) {
    const bool was_known = known;
    known = depths_[i] != kNotKnown;
    if (!known)
      continue;
    if (!was_known)
      lines_.emplace_back();
    lines_.back().push_back(
        {viewport.x0() + static_cast<float>(i), area.y1 - static_cast<float>(depths_[i]) * scale});
  }
}

void ReadyRow::draw(Painter& p, const TraceSource& /*source*/, tracer::NameId /*selected*/) const {
  const Theme& theme = p.theme();
  const Rect& area = strips_.front().area;
  const Color color = theme.activity(tracer::Activity::idle);
  for (const std::vector<Point>& line : lines_) {
    p.area(line, area.y1, with_alpha(color, theme.dark ? 0.28F : 0.22F));
    p.polyline(line, color, p.px(1.3F));
  }
  if (peak_ == 0)
    return;
  const std::string text = tracer::count_text(peak_) + " ready";
  const float w = p.width(Face::mono_tiny, text);
  const float x = std::clamp(peak_x_ + p.px(6), area.x0 + p.px(2), area.x1 - w - p.px(4));
  p.fill({x - p.px(3), area.y0, x + w + p.px(3), area.y0 + p.px(15)}, with_alpha(theme.card, 0.75F), p.px(3));
  p.text({x, area.y0 + p.px(7.5F)}, Face::mono_tiny, theme.text_dim, text);
}

std::optional<Hit> ReadyRow::hit(const TraceSource& /*source*/, Point at) const {
  if (strips_.empty() || depths_.empty() || !strips_.front().area.contains(at))
    return std::nullopt;
  const float column = std::clamp(at.x - strips_.front().area.x0, 0.0F, static_cast<float>(depths_.size() - 1));
  const std::int64_t depth = depths_[static_cast<std::size_t>(column)];
  if (depth == kNotKnown)
    return Hit{{"it is not known how many callbacks are ready"}, std::nullopt, tracer::kNoName};
  return Hit{{count_of(static_cast<std::uint64_t>(depth), "callback ready", "callbacks ready")},
             std::nullopt,
             tracer::kNoName};
}

}  // namespace loopscope::gui
