#include "gui/timeline/tasks_row.h"

#include <algorithm>

#include "gui/canvas/labels.h"
#include "gui/timeline/callback_words.h"
#include "gui/timeline/folding.h"
#include "gui/timeline/timeline_words.h"
#include "tracer/analysis/blame.h"
#include "tracer/analysis/findings.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::CallbackSlice;
using tracer::duration_text;
using tracer::TaskTrack;
using tracer::TraceModel;

namespace {

const tracer::FindingRules kRules{};

/// One row for each task if all of them fit, else one for each coroutine.
std::vector<const TaskTrack*> choose_tracks(const TraceModel& model, const Viewport& viewport, std::size_t most) {
  std::vector<const TaskTrack*> tracks;
  const auto consider = [&](const TaskTrack& track) {
    const bool ran = !track.steps.empty() && track.steps.back().end_ns >= viewport.begin_ns() - 10'000'000'000;
    if (ran || model.open_step(track) != nullptr)
      tracks.push_back(&track);
  };
  for (const auto& [object, track] : model.tasks()) consider(track);
  if (tracks.empty() || tracks.size() > most) {
    tracks.clear();
    for (const auto& [name, track] : model.coroutines()) consider(track);
  }
  // The tracks that ran for longest stay. Their totals change slowly, so rows do not change from frame to frame.
  std::sort(tracks.begin(), tracks.end(), [](const TaskTrack* left, const TaskTrack* right) {
    if (left->run_total_ns != right->run_total_ns)
      return left->run_total_ns > right->run_total_ns;
    return left->object < right->object;
  });
  if (tracks.size() > most)
    tracks.resize(most);
  std::sort(tracks.begin(), tracks.end(), [](const TaskTrack* left, const TaskTrack* right) {
    return left->name != right->name ? left->name < right->name : left->object < right->object;
  });
  return tracks;
}

std::vector<WaitMark> waits_of(const std::vector<Mark>& marks, const TaskTrack& track, const Viewport& viewport) {
  constexpr std::size_t kMostLooks = 400;
  std::vector<WaitMark> waits;
  std::size_t looks = 0;
  for (const Mark& mark : marks) {
    if (mark.open || ++looks > kMostLooks)
      continue;
    const CallbackSlice& step = track.steps[mark.index];
    if (step.waited_ns() == 0)
      continue;
    const float x0 = viewport.to_x_in_view(step.ready_ns);
    const float x1 = viewport.to_x_in_view(step.begin_ns);
    if (x1 - x0 >= 2 * kFoldPx)
      waits.push_back({x0, x1, step.waited_ns(), mark.index});
  }
  return waits;
}

/// The task's serial number. Below level tasks the trace has only its address, which tells people nothing; 0 then.
std::uint64_t number_of(const TaskTrack& track) {
  constexpr std::uint64_t kLargestNumber = 0xFFFF'FFFF;
  return track.object <= kLargestNumber ? track.object : 0;
}

/// "ready, waited 31 ms behind render_report", as far as there is room. Empty for a wait that is short on the screen or in time.
std::string wait_text(const Painter& p, const TraceSource& source, const TaskTrack& track, const WaitMark& wait) {
  if (wait.waited_ns < kRules.held_loop_ns || wait.x1 - wait.x0 <= p.px(150))
    return {};
  std::string text = "ready, waited " + duration_text(wait.waited_ns);
  if (const auto culprit = tracer::blame(source.model(), track.steps[wait.index]))
    text += " behind " + tracer::function_text(source.name(culprit->culprit.name));
  return p.shortened(Face::tiny, text, wait.x1 - wait.x0 - p.px(40));
}

/// A dashed line, with words in its middle if there are any.
void draw_wait(Painter& p, const WaitMark& wait, float y, const std::string& text) {
  const Theme& theme = p.theme();
  const bool held = wait.waited_ns >= kRules.held_loop_ns;
  const Color color = held ? theme.alarm_text : with_alpha(theme.text_faint, 0.8F);
  if (text.empty()) {
    p.dashed({wait.x0, y}, {wait.x1, y}, color, p.px(4));
    return;
  }
  const float half = p.width(Face::tiny, text) / 2 + p.px(8);
  const float middle = (wait.x0 + wait.x1) / 2;
  p.dashed({wait.x0, y}, {middle - half, y}, color, p.px(4));
  p.dashed({middle + half, y}, {wait.x1, y}, color, p.px(4));
  p.text({middle, y}, Face::tiny, color, text, Align::centre);
}

void draw_steps(Painter& p, const Strip& strip) {
  const Theme& theme = p.theme();
  const float y = strip.area.height() * 0.2F;
  for (const Mark& mark : strip.marks) {
    const Rect rect = rect_of(strip, mark);
    const bool held = mark.worst_ns >= kRules.held_loop_ns;
    p.fill({rect.x0, rect.y0 + y, std::max(rect.x1, rect.x0 + p.px(1.6F)), rect.y1 - y},
           held ? theme.alarm : theme.activity(tracer::Activity::idle), rect.width() > 5 ? p.px(1.5F) : 0);
  }
}

Lines describe_track(const TraceSource& source, const TaskTrack& track) {
  const tracer::Name name = source.name(track.name);
  const std::uint64_t number = number_of(track);
  const std::string numbered = number == 0 ? "" : "task " + tracer::count_text(number) + " · ";
  return {tracer::function_text(name), tracer::place_text(name),
          numbered + count_of(track.steps_total, "step", "steps") + ", ran " + duration_text(track.run_total_ns),
          "waited at most " + duration_text(track.waited_worst_ns)};
}

}  // namespace

float TasksRow::fill(const Scene& scene, float room) {
  const auto most = static_cast<std::size_t>(std::max(room / (scene.unit * 0.95F), 0.0F));
  tracks_ = choose_tracks(scene.model, scene.viewport, std::min(most, scene.task_rows));
  const auto tasks = static_cast<float>(std::max<std::size_t>(tracks_.size(), 1));
  task_height_ = std::clamp(room / tasks, 0.0F, scene.unit * 1.3F);
  return tasks * task_height_;
}

void TasksRow::lay_out(const Scene& scene, const Rect& area) {
  Rect rest = area;
  for (const TaskTrack* track : tracks_) {
    auto& marks = add_strip(scene, rest.cut_top(task_height_), "", track->steps.dropped_until_ns()).marks;
    slices_ += lay_slices(marks, track->steps, scene.viewport);
    if (const CallbackSlice* open = scene.model.open_step(*track))
      lay_open(marks, scene, open->begin_ns);
    waits_.push_back(waits_of(marks, *track, scene.viewport));
  }
}

void TasksRow::draw(Painter& p, const TraceSource& source, tracer::NameId /*selected*/) const {
  for (std::size_t i = 0; i < strips_.size(); ++i) {
    float text_end = strips_[i].area.x0;
    for (const WaitMark& wait : waits_[i]) {
      if (wait.x0 < text_end)
        continue;  // its line would cross the words of the wait before
      const std::string text = wait_text(p, source, *tracks_[i], wait);
      draw_wait(p, wait, strips_[i].area.centre().y, text);
      if (!text.empty())
        text_end = wait.x1;
    }
    draw_steps(p, strips_[i]);
  }
}

void TasksRow::draw_labels(Painter& p, const Rect& gutter, const TraceSource& source) const {
  const Theme& theme = p.theme();
  if (strips_.empty())
    return;
  p.text({gutter.x0, strips_.front().area.centre().y}, Face::small, theme.text_dim, "Tasks");
  std::vector<std::string> names;
  std::vector<std::uint64_t> numbers;
  for (const TaskTrack* track : tracks_) {
    names.push_back(tracer::function_text(source.name(track->name)));
    numbers.push_back(number_of(*track));
  }
  const float right = gutter.x1 - p.px(12);
  const float room = right - gutter.x0 - (p.width(Face::small, "Tasks") + p.px(10));
  const auto labels =
      cut_apart(names, numbers, room, [&](std::string_view text) { return p.width(Face::mono_tiny, text); });
  for (std::size_t i = 0; i < strips_.size(); ++i) {
    const Rect& area = strips_[i].area;
    p.text({right, area.centre().y}, Face::mono_tiny, theme.text_faint, labels[i], Align::right);
    if (p.hovers({gutter.x0, area.y0, gutter.x1, area.y1}))
      p.tooltip(describe_track(source, *tracks_[i]));
  }
}

CallbackSlice TasksRow::slice_of(const TraceSource& source, std::size_t strip, const Mark& mark) const {
  if (!mark.open)
    return tracks_[strip]->steps[mark.index];
  const CallbackSlice* step = source.model().open_step(*tracks_[strip]);
  return so_far(step != nullptr ? *step : source.model().open_callbacks().front(), mark);
}

Lines TasksRow::describe(const TraceSource& source, std::size_t strip, const Mark& mark) const {
  return describe_callback(source, slice_of(source, strip, mark), mark);
}

std::optional<tracer::NameId> TasksRow::name_of(const TraceSource& source, std::size_t strip,
                                                const Mark& mark) const {
  return slice_of(source, strip, mark).name;
}

}  // namespace loopscope::gui
