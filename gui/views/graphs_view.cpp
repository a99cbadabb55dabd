#include "gui/views/graphs_view.h"

#include <cmath>
#include <functional>
#include <utility>

#include "gui/model/graph_series.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::Statistics;
using Bucket = Statistics::Bucket;

namespace {

constexpr double kBucketsPerSecond = 1e9 / static_cast<double>(Statistics::kBucketNs);

struct Series {
  std::string legend;
  Color color;
  bool filled;
  BucketValue value;
};

/// How a value becomes a height, and how it is written.
struct Scale {
  bool logarithmic = false;
  double low = 0;
  double high = 1;
  std::function<std::string(double)> label;

  [[nodiscard]] double share(double value) const {
    if (!logarithmic)
      return value / high;
    return std::log10(std::max(value, low) / low) / std::log10(high / low);
  }
};

double largest(const TraceSource& source, const std::vector<Series>& all, std::int64_t now_ns) {
  double most = 0;
  for (const Series& series : all) most = std::max(most, largest_value(source.statistics(), series.value, now_ns));
  return most;
}

float legend_width(const Painter& p, const Series& series) {
  return p.width(Face::mono_small, series.legend) + p.px(24);
}

void draw_legend_from(Painter& p, Point at, const std::vector<Series>& all, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    p.fill({at.x, at.y - p.px(4), at.x + p.px(8), at.y + p.px(4)}, all[i].color, p.px(2));
    p.text({at.x + p.px(12), at.y}, Face::mono_small, p.theme().text_dim, all[i].legend);
    at.x += legend_width(p, all[i]);
  }
}

/// Draws a coloured square and a word for each series: beside the title if all fit there, else in lines below it. No series is
/// left out.
void draw_legend(Painter& p, const Rect& card, Rect& inner, const std::vector<Series>& all,
                 std::string_view title) {
  float wanted = 0;
  for (const Series& series : all) wanted += legend_width(p, series);
  if (wanted <= card.width() - p.px(44) - p.width(Face::strong, title)) {
    const float y = card.y0 + p.px(10) + p.height(Face::strong) * 0.675F;
    draw_legend_from(p, {card.x1 - p.px(2) - wanted, y}, all, 0, all.size());
    return;
  }
  for (std::size_t from = 0; from < all.size();) {
    float used = legend_width(p, all[from]);
    std::size_t to = from + 1;
    for (; to < all.size() && used + legend_width(p, all[to]) - p.px(12) <= inner.width(); ++to)
      used += legend_width(p, all[to]);
    const Rect line = inner.cut_top(p.height(Face::mono_small) * 1.3F);
    draw_legend_from(p, {line.x0, line.centre().y}, all, from, to);
    from = to;
  }
  inner.cut_top(p.px(5));
}

void draw_series(Painter& p, const Rect& plot, const TraceSource& source, const Series& series, const Scale& scale,
                 std::int64_t now_ns) {
  for (const SeriesRun& run : series_runs(source.statistics(), series.value, now_ns)) {
    std::vector<Point> points;
    for (const SeriesPoint& point : run) {
      const auto share = static_cast<float>(std::clamp(scale.share(point.value), 0.0, 1.0));
      points.push_back({plot.x1 - static_cast<float>(point.age) * plot.width(), plot.y1 - share * plot.height()});
    }
    if (series.filled)
      p.area(points, plot.y1, with_alpha(series.color, p.theme().dark ? 0.26F : 0.18F));
    p.polyline(points, series.color, p.px(1.4F));
    if (points.back().x - points.front().x < p.px(4))  // too short a line to be seen
      p.dot({(points.front().x + points.back().x) / 2, points.back().y}, p.px(2), series.color);
  }
}

/// Hatches the times whose level did not record this graph, with the reason if it fits.
void draw_unrecorded(Painter& p, const Rect& plot, const TraceSource& source, tracer::Level needed,
                     std::int64_t now_ns) {
  const auto to_x = [&](std::int64_t t_ns) {
    return plot.x1 - static_cast<float>(now_ns - t_ns) / static_cast<float>(kGraphNs) * plot.width();
  };
  const std::int64_t first = source.model().first_event_ns();
  const auto created = static_cast<std::int64_t>(source.trace().header().created_monotonic_ns);
  const std::int64_t begin = std::max(now_ns - kGraphNs, first > 0 ? first : created);
  for (const BelowLevel& below : source.levels().below(needed, begin, now_ns)) {
    const Rect rect{to_x(below.begin_ns), plot.y0, to_x(below.end_ns), plot.y1};
    p.hatch(rect, with_alpha(p.theme().text_faint, 0.4F), p.px(8));
    const std::string text = std::string("not recorded at level ") + tracer::level_text(below.level);
    if (p.hovers(rect))
      p.tooltip({text});
    if (below.end_ns < now_ns)
      continue;
    const float w = p.width(Face::small, text);
    if (w + p.px(12) > rect.width())
      continue;
    const float x = std::clamp(rect.centre().x, plot.x0 + w / 2 + p.px(6), plot.x1 - w / 2 - p.px(6));
    const float y = plot.centre().y;
    p.fill({x - w / 2 - p.px(6), y - p.px(9), x + w / 2 + p.px(6), y + p.px(9)}, with_alpha(p.theme().card, 0.92F),
           p.px(3));
    p.text({x, y}, Face::small, p.theme().text_dim, text, Align::centre);
  }
}

void draw_graph(Painter& p, const Rect& area, std::string_view title, const TraceSource& source,
                const std::vector<Series>& all, const Scale& scale, const std::vector<double>& lines,
                std::int64_t now_ns, tracer::Level needed) {
  const Theme& theme = p.theme();
  Rect inner = p.card(area, title);
  draw_legend(p, area, inner, all, title);
  float gutter = p.px(30);
  for (const double value : lines)
    gutter = std::max(gutter, p.width(Face::mono_tiny, scale.label(value)) + p.px(7));
  inner.cut_left(gutter);
  const Rect axis = inner.cut_bottom(p.height(Face::mono_tiny) * 1.1F);
  inner.y0 += p.px(4);
  inner.y1 -= p.px(4);
  for (const double value : lines) {
    const float y = inner.y1 - static_cast<float>(scale.share(value)) * inner.height();
    p.line({inner.x0, y}, {inner.x1, y}, theme.grid);
  }
  p.line({inner.x0, inner.y1}, {inner.x1, inner.y1}, theme.card_line);
  p.push_clip({inner.x0, inner.y0 - 2, inner.x1 + 1, inner.y1 + 1});
  for (const Series& series : all) draw_series(p, inner, source, series, scale, now_ns);
  draw_unrecorded(p, inner, source, needed, now_ns);
  p.pop_clip();
  float last = inner.y1 + p.px(40);
  for (const double value : lines) {
    const float y = inner.y1 - static_cast<float>(scale.share(value)) * inner.height();
    if (value <= 0 || last - y < p.px(15) || y > inner.y1 - p.px(6))
      continue;
    p.text({inner.x0 - p.px(7), y}, Face::mono_tiny, theme.text_faint, scale.label(value), Align::right);
    last = y;
  }
  const float now_width = p.text({axis.x1, axis.centre().y}, Face::mono_tiny, theme.text_faint,
                                 source.ended() ? "end" : "now", Align::right);
  if (p.width(Face::mono_tiny, "-60 s") + now_width + p.px(8) <= axis.width())
    p.text({axis.x0, axis.centre().y}, Face::mono_tiny, theme.text_faint, "-60 s");
  if (!p.hovers(inner))
    return;
  const float x = p.pointer().at.x;
  p.line({x, inner.y0}, {x, inner.y1}, with_alpha(theme.text_dim, 0.5F));
  const std::int64_t ago =
      static_cast<std::int64_t>((inner.x1 - x) / inner.width() * static_cast<float>(kGraphNs));
  const Bucket* bucket = source.statistics().bucket(now_ns - ago - Statistics::kBucketNs / 2);
  std::vector<std::string> tip{tracer::duration_text(ago) + " ago"};
  if (bucket == nullptr) {
    tip.emplace_back("nothing is known of this moment");
  } else {
    for (const Series& series : all) {
      const std::string word = series.legend.substr(0, series.legend.find(' '));
      const double value = series.value(*bucket);
      tip.push_back(word + ": " + (value < 0 ? "none" : scale.label(value)));
    }
  }
  p.tooltip(tip);
}

/// A power of ten: "10 ms", not "10.0 ms".
std::string whole_duration(double ns) {
  const auto value = static_cast<std::int64_t>(ns);
  for (const auto& [unit, text] :
       {std::pair{1'000'000'000, " s"}, std::pair{1'000'000, " ms"}, std::pair{1'000, " µs"}}) {
    if (value >= unit && value % unit == 0)
      return std::to_string(value / unit) + text;
  }
  return tracer::duration_text(value);
}

std::vector<double> quarters(double high) {
  return {high / 2, high};
}

/// A legend's number, or a dash if it is not known.
std::string rate_or_dash(const Digest& digest, const std::string& text) {
  return digest.rates_known ? text : "–";
}

}  // namespace

void draw_throughput_graph(Painter& p, const Rect& area, const TraceSource& source, const Digest& digest,
                           std::int64_t now_ns) {
  const Theme& theme = p.theme();
  const std::vector<Series> all{
      {"callbacks " + rate_or_dash(digest, tracer::rate_text(digest.callbacks_per_s)),
       theme.phase(tracer::Phase::idle), true,
       [](const Bucket& b) { return b.totals_known ? b.throughput.callbacks * kBucketsPerSecond : -1.0; }},
      {"I/O " + rate_or_dash(digest, tracer::rate_text(digest.io_events_per_s)),
       theme.activity(tracer::Activity::poll_io), true,
       [](const Bucket& b) { return b.throughput.io_events * kBucketsPerSecond; }},
  };
  const double high = round_up(std::max(largest(source, all, now_ns) * 1.08, 1.0));
  draw_graph(p, area, "Per second", source, all, {false, 0, high, [](double v) { return tracer::rate_text(v); }},
             quarters(high), now_ns, tracer::Level::phases);
}

void draw_bytes_graph(Painter& p, const Rect& area, const TraceSource& source, const Digest& digest,
                      std::int64_t now_ns) {
  const Theme& theme = p.theme();
  const std::vector<Series> all{
      {"in " + rate_or_dash(digest, tracer::bytes_text(digest.bytes_in_per_s) + "/s"), theme.read, true,
       [](const Bucket& b) { return b.totals_known ? b.throughput.bytes_read * kBucketsPerSecond : -1.0; }},
      {"out " + rate_or_dash(digest, tracer::bytes_text(digest.bytes_out_per_s) + "/s"), theme.write, true,
       [](const Bucket& b) { return b.totals_known ? b.throughput.bytes_written * kBucketsPerSecond : -1.0; }},
  };
  const double high = round_up(std::max(largest(source, all, now_ns) * 1.08, 100.0));
  draw_graph(p, area, "Bytes per second", source, all,
             {false, 0, high, [](double v) { return tracer::bytes_text(v); }}, quarters(high), now_ns,
             tracer::Level::phases);
}

void draw_lag_graph(Painter& p, const Rect& area, const TraceSource& source, const Digest& digest,
                    std::int64_t now_ns) {
  const Theme& theme = p.theme();
  const auto quantile = [](double q) {
    return [q](const Bucket& b) { return b.lag.count() == 0 ? -1.0 : static_cast<double>(b.lag.quantile(q)); };
  };
  const bool known = digest.lately.lag.count() > 0 && digest.present.level >= tracer::Level::callbacks;
  const auto text = [known](std::int64_t ns) { return known ? tracer::duration_text(ns) : std::string("–"); };
  const std::vector<Series> all{
      {"max " + text(digest.lately.lag_max_ns), theme.alarm, false,
       [](const Bucket& b) { return b.lag.count() == 0 ? -1.0 : static_cast<double>(b.lag_max_ns); }},
      {"p99 " + text(digest.lately.lag.quantile(0.99)), theme.warning, true, quantile(0.99)},
      {"p50 " + text(digest.lately.lag.quantile(0.5)), theme.phase(tracer::Phase::idle), true, quantile(0.5)},
  };
  const double most = std::max(largest(source, all, now_ns), 1e6);
  const double high = std::pow(10.0, std::ceil(std::log10(most * 1.05)));
  std::vector<double> lines;
  for (double value = 1e4; value <= high; value *= 10) lines.push_back(value);
  draw_graph(p, area, "Loop lag", source, all, {true, 1e3, high, whole_duration}, lines, now_ns,
             tracer::Level::callbacks);
}

}  // namespace loopscope::gui
