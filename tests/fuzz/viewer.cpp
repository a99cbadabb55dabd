#include "tests/fuzz/viewer.h"

#include <algorithm>
#include <ostream>
#include <streambuf>

#include "gui/model/digest.h"
#include "gui/model/graph_series.h"
#include "gui/model/recording_words.h"
#include "gui/model/trace_source.h"
#include "gui/timeline/time_axis.h"
#include "gui/timeline/timeline_layout.h"
#include "gui/timeline/timeline_words.h"
#include "tracer/analysis/blame.h"
#include "tracer/analysis/harm.h"
#include "tracer/export/dump.h"
#include "tracer/export/jsonl.h"
#include "tracer/read/trace_time.h"

namespace loopscope::testing {

namespace {

/// Swallows what is written to it and counts the bytes.
class NullBuffer : public std::streambuf {
 public:
  std::uint64_t bytes = 0;

 private:
  int_type overflow(int_type character) override {
    ++bytes;
    return character;
  }
  std::streamsize xsputn(const char*, std::streamsize count) override {
    bytes += static_cast<std::uint64_t>(count);
    return count;
  }
};

/// For people or for programs: both walk the same events, and are half of what a round costs.
std::uint64_t export_one(const tracer::Session& session, std::uint64_t which) {
  NullBuffer written;
  std::ostream out(&written);
  if (which % 2 == 0)
    write_dump(session, out);
  else
    write_jsonl(session, out);
  return written.bytes;
}

void ask_for_names(const tracer::Session& session) {
  (void)session.alive();
  for (const auto& handle : session.handles()) (void)session.name(handle.name);
  for (const auto& task : session.tasks()) (void)session.name(task.name);
  for (const tracer::NameId id : {1U, 2U, 3U, 100U, 0xFFFFU, 0x20000U, 0xFFFFFFFFU}) (void)session.name(id);
}

gui::Calibration any_calibration() {
  tracer::RecordingCosts costs;
  costs.ns.fill(10);
  return {true, costs};
}

/// The stretches that the app's user may come to see: the end, the beginning, whatever a finding points at.
std::vector<gui::Viewport> viewports(const gui::TraceSource& source, const gui::Digest& digest,
                                     std::uint64_t where) {
  constexpr float kLeft = 100;
  constexpr float kRight = 500;
  const auto now = source.now_ns();
  const auto first = source.model().first_event_ns();
  std::vector<gui::Viewport> views;
  gui::Viewport follows(0, 2'000'000'000, kLeft, kRight);
  follows.follow(now);
  follows.stay_near(std::max(first, now - 120'000'000'000), now);
  views.push_back(follows);
  const auto span = std::clamp<std::int64_t>(now - first, 1'000'000, 2'000'000'000);
  views.emplace_back(now - span, now, kLeft, kRight);
  gui::Viewport zoomed(first - 1'000, first + 20'000, kLeft, kRight);
  zoomed.zoom(static_cast<double>(where % 1000) / 100 + 0.01, kLeft + static_cast<float>(where % 400));
  zoomed.pan(static_cast<float>(where % 4000) - 2000);
  views.push_back(zoomed);
  if (!digest.findings.empty()) {
    const auto& finding = digest.findings[where % digest.findings.size()];
    views.emplace_back(finding.begin_ns - 500'000, finding.end_ns + 500'000, kLeft, kRight);
  }
  return views;
}

std::uint64_t lay_out_all(const gui::TraceSource& source, const gui::Viewport& viewport) {
  gui::TimelineRequest request;
  request.area = {viewport.x0(), 0, viewport.x1(), 300};
  request.now_ns = source.now_ns();
  const auto layout = gui::lay_out(source.model(), viewport, request);
  std::uint64_t marks = 0;
  for (const gui::Row* row : layout.rows.all()) {
    for (const gui::Strip& strip : row->strips()) {
      for (std::size_t i = 0; i < std::min<std::size_t>(strip.marks.size(), 4); ++i)
        (void)row->hit(source, gui::rect_of(strip, strip.marks[i]).centre());
      (void)row->hit(source, strip.area.centre());
      marks += strip.marks.size();
    }
  }
  for (const gui::GapMark& mark : layout.gaps) (void)gui::describe_gap(mark.gap);
  return marks;
}

std::uint64_t draw_graphs(const gui::TraceSource& source, std::int64_t now) {
  using Bucket = tracer::Statistics::Bucket;
  std::uint64_t points = 0;
  const auto count = [&](const gui::BucketValue& value) {
    for (const auto& run : gui::series_runs(source.statistics(), value, source.now_ns())) points += run.size();
    (void)gui::round_up(gui::largest_value(source.statistics(), value, now));
  };
  count([](const Bucket& bucket) { return bucket.totals_known ? bucket.throughput.callbacks : -1; });
  count([](const Bucket& bucket) {
    return bucket.lag.count() == 0 ? -1 : static_cast<double>(bucket.lag.quantile(0.99));
  });
  return points;
}

void blame_some(const tracer::TraceModel& model) {
  const auto& callbacks = model.callbacks();
  for (auto i = callbacks.first(); i < std::min(callbacks.last(), callbacks.first() + 8); ++i) {
    (void)tracer::blame(model, callbacks[i]);
    (void)tracer::harm_text(tracer::harm(model, i));
  }
}

}  // namespace

Looked look_at(std::unique_ptr<tracer::Session> session, std::uint64_t where) {
  Looked looked;
  ask_for_names(*session);
  looked.bytes = export_one(*session, where / 4);

  gui::TraceSource source(std::move(session), tracer::Level::off);
  source.pump(1'000'000'000);
  const auto digest = gui::make_digest(source, any_calibration());
  (void)gui::recording_tip(digest.recording);
  blame_some(source.model());
  for (const auto& viewport : viewports(source, digest, where)) {
    looked.marks += lay_out_all(source, viewport);
    const auto origin = where % 2 == 0 ? source.now_ns() : source.model().first_event_ns();
    looked.ticks += gui::time_axis(viewport, origin, 110, "now").size();
  }
  looked.points = draw_graphs(source, where % 2 == 0 ? 5'000'000'000 : tracer::kLatestNs);
  (void)tracer::time_budget(source.model(), 0, tracer::kLatestNs);
  (void)source.recorded().sum(0, tracer::kLatestNs);
  source.hold();
  source.pump(1'000'000'000);
  (void)gui::make_digest(source, any_calibration());
  return looked;
}

}  // namespace loopscope::testing
