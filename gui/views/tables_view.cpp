#include "gui/views/tables_view.h"

#include <algorithm>
#include <utility>

#include "gui/model/table_words.h"
#include "tracer/analysis/findings.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::count_text;
using tracer::duration_text;

namespace {

const tracer::FindingRules kRules{};

Color severity(const Theme& theme, std::int64_t ns) {
  if (ns >= kRules.alarm_ns)
    return theme.alarm;
  if (ns >= kRules.held_loop_ns)
    return theme.alarm_text;
  return theme.text_dim;
}

/// A number that sorts like the first six bytes of the text.
double text_key(const std::string& text) {
  double key = 0;
  for (std::size_t i = 0; i < 6; ++i)
    key = key * 256 + (i < text.size() ? static_cast<unsigned char>(text[i]) : 0);
  return -key;
}

/// A count; with "≥" if it is a lower bound.
std::string least_text(bool all, const std::string& text) {
  return all ? text : "≥ " + text;
}

std::string known_text(std::int64_t ns) {
  return ns < 0 ? "–" : duration_text(ns);
}

struct TaskState {
  const char* word;
  const char* meaning;
};

TaskState state_of(const TaskLine& task) {
  if (task.running)
    return {"running", "it is making a step now"};
  if (task.done)
    return {"done", "it has ended"};
  if (task.alive)
    return {"alive", "it has not ended; it waits, or is in the ready queue"};
  return {"seen", "it made a step, but its end would not be recorded: it may be done by now"};
}

/// A note at the right of the tabs. Where there is too little room for it, a mark stands for it; the whole is in the tooltip.
void draw_note(Painter& p, const Rect& beside, Color color, const std::string& note) {
  if (note.empty() || beside.width() <= 0)
    return;
  const bool little = beside.width() < p.px(90) && p.width(Face::mono_small, note) > beside.width();
  bool cut = little;
  p.text_fit({beside.x1, beside.centre().y - p.px(1)}, Face::mono_small, color, little ? "*" : note,
             beside.width(), Align::right, little ? nullptr : &cut);
  if (cut && p.hovers(beside))
    p.tooltip({note});
}

}  // namespace

bool TablesView::draw(Painter& p, const Rect& area, const TraceSource& source, const Digest& digest,
                      tracer::NameId& selected) {
  const Theme& theme = p.theme();
  p.fill(area, theme.card, p.px(7));
  p.outline(area, theme.card_line, p.px(7));
  Rect inner = area.inset(p.px(14), p.px(8));
  const Rect head = inner.cut_top(p.height(Face::strong) * 1.9F);
  Rect beside = head;  // the tabs
  beside.x0 = draw_tabs(p, head, source.level(), digest);

  bool reset = false;
  if (tab_ == Tab::callbacks && digest.counted_ns > 0 && head.width() > p.px(430)) {
    const std::string note =
        (digest.calls_missing ? "calls are missing · " : "") + counting_text(digest.counted_ns, source.level());
    const float w = p.button_width("Reset", "");
    const Rect button{head.x1 - w, head.y0 + p.px(1), head.x1, head.y1 - p.px(3)};
    reset = p.button(button, "Reset", "");
    beside.x1 = button.x0 - p.px(10);
    draw_note(p, beside, theme.text_faint, note);
  }
  if (tab_ == Tab::tasks) {
    const auto alive = static_cast<std::uint64_t>(
        std::count_if(digest.tasks.begin(), digest.tasks.end(), [](const TaskLine& task) { return task.alive; }));
    draw_note(p, beside, theme.warning_text, tasks_shown_text(alive, digest.tasks_alive, digest.tasks_known));
  }
  if (tab_ == Tab::handles) {
    peers_.look(source, digest);
    if (!digest.all_handles_known)
      draw_note(p, beside, theme.warning_text, "handles opened at level off are missing");
  }

  Table& table = tables_[static_cast<std::size_t>(tab_)];
  switch (tab_) {
    case Tab::callbacks:
      table.draw(
          p, inner,
          {{"callback", 0, false, true, 0},
           {"where", 122, false, true, 3},
           {"calls", 72, true, true, 2},
           {"total", 70, true, true, 1},
           {"p50", 66, true, true, 5},
           {"p99", 68, true, true, 1},
           {"max", 68, true, true, 1},
           {"waited p99", 82, true, true, 4}},
          callback_lines(theme, digest),
          empty_table_text("Callbacks", source.level(), tracer::Level::callbacks, "No callback has run yet."),
          selected);
      break;
    case Tab::tasks:
      table.draw(
          p, inner,
          {{"task of", 0, false, true, 0},
           {"where", 122, false, true, 3},
           {"state", 74, false, false, 4},
           {"steps", 74, true, true, 2},
           {"ran", 78, true, true, 1},
           {"worst wait", 84, true, true, 1},
           {"age", 78, true, true, 5}},
          task_lines(theme, digest),
          empty_table_text("Tasks", source.level(), tracer::Level::callbacks, "No task has made a step yet."),
          selected);
      break;
    case Tab::handles:
      table.draw(p, inner,
                 {{"handle", 112, false, false, 0},
                  {"serves", 0, false, true, 0},
                  {"peer", 158, false, true, 2},
                  {"in", 72, true, true, 3},
                  {"out", 72, true, true, 3},
                  {"active", 96, true, true, 4},
                  {"fd", 44, true, true, 6},
                  {"open for", 78, true, true, 5}},
                 handle_lines(theme, source, digest),
                 empty_table_text("Handles", source.level(), tracer::Level::phases,
                                  digest.all_handles_known ? "No handle is open." : "No handle is known."),
                 selected);
      break;
  }
  return reset;
}

float TablesView::draw_tabs(Painter& p, Rect head, tracer::Level level, const Digest& digest) {
  const Theme& theme = p.theme();
  const bool recorded = level >= tracer::Level::callbacks;
  const std::size_t callbacks = digest.callbacks.size();
  const std::size_t tasks = digest.tasks.size();
  const std::array<std::pair<const char*, std::string>, 3> tabs{
      {{"Callbacks", tab_count_text(callbacks, recorded || callbacks > 0)},
       {"Tasks", tab_count_text(tasks, recorded || tasks > 0)},
       {"Handles", tab_count_text(digest.handles.size(), digest.all_handles_known)}}};
  float all = 0;
  for (const auto& [title, count] : tabs)
    all += p.width(Face::strong, title) + p.width(Face::mono_tiny, count) + p.px(28);
  const bool with_counts = all < head.width();
  float x = head.x0;
  for (std::size_t i = 0; i < tabs.size(); ++i) {
    const bool active = static_cast<std::size_t>(tab_) == i;
    const float w = p.width(active ? Face::strong : Face::body, tabs[i].first);
    const std::string count = with_counts ? tabs[i].second : "";
    const float count_width = p.width(Face::mono_tiny, count);
    const Rect rect{x - p.px(4), head.y0, x + w + count_width + p.px(12), head.y1};
    const float y = head.centre().y - p.px(2);
    p.text({x, y}, active ? Face::strong : Face::body, active || p.hovers(rect) ? theme.text : theme.text_dim,
           p.shortened(active ? Face::strong : Face::body, tabs[i].first, head.x1 - x));
    p.text({x + w + p.px(6), y}, Face::mono_tiny, theme.text_faint, count);
    if (active)
      p.fill({x, head.y1 - p.px(3), std::min(x + w, head.x1), head.y1 - p.px(1)}, theme.accent, p.px(1));
    if (p.clicks(rect))
      tab_ = static_cast<Tab>(i);
    x += w + count_width + p.px(with_counts ? 28 : 14);
  }
  return x;
}

std::vector<TableLine> TablesView::callback_lines(const Theme& theme, const Digest& digest) const {
  std::vector<TableLine> lines;
  lines.reserve(digest.callbacks.size());
  for (const CallbackLine& row : digest.callbacks) {
    TableLine line;
    line.name = row.id;
    line.id = row.id;
    const bool all = !digest.calls_missing;
    const char* missing = all ? "" : "at least this: events were lost, or callbacks were not recorded for a while";
    const bool never = row.calls == 0;
    const bool ended = has_ended(digest.state);
    const std::int64_t longest_ns = std::max(row.max_ns, row.running_ns);
    const bool still_runs = row.running_ns >= 0 && row.running_ns >= row.max_ns;
    line.alarm = longest_ns >= kRules.alarm_ns;
    const bool holds = row.running_ns >= kRules.held_loop_ns;
    const std::int64_t total_ns = row.total_ns + (holds ? row.running_ns : 0);
    const char* running = ended ? "it was running when the program ended" : "it is still running";
    line.cells = {
        {row.name, theme.text,
         std::string(tracer::kind_text(row.kind)) + (row.full_place.empty() ? "" : " · " + row.full_place)},
        {row.place.empty() ? "–" : row.place, theme.text_dim, row.full_place},
        {least_text(all, tracer::brief_count_text(row.calls)), theme.text_dim,
         all ? count_text(row.calls) : least_text(all, count_text(row.calls)) + ", " + missing},
        {least_text(all && !holds, duration_text(total_ns)), theme.text_dim, holds ? running : missing},
        {known_text(never ? -1 : row.p50_ns), severity(theme, row.p50_ns), {}},
        {known_text(never ? -1 : row.p99_ns), severity(theme, row.p99_ns), {}},
        {least_text(all && !still_runs, duration_text(longest_ns)), severity(theme, longest_ns),
         still_runs ? running : missing},
        {known_text(row.waited_p99_ns), severity(theme, row.waited_p99_ns),
         "the wait from ready to run; 99 % of the calls waited less"}};
    line.keys = {text_key(row.name),
                 text_key(row.place),
                 static_cast<double>(row.calls),
                 static_cast<double>(total_ns),
                 static_cast<double>(row.p50_ns),
                 static_cast<double>(row.p99_ns),
                 static_cast<double>(longest_ns),
                 static_cast<double>(row.waited_p99_ns)};
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<TableLine> TablesView::task_lines(const Theme& theme, const Digest& digest) const {
  std::vector<TableLine> lines;
  lines.reserve(digest.tasks.size());
  for (const TaskLine& row : digest.tasks) {
    TableLine line;
    const char* missing = row.counted_all ? "" : "at least this: its creation was not seen, or events were lost";
    const TaskState state = state_of(row);
    line.id = row.object;
    line.alarm = row.run_ns >= kRules.alarm_ns * 4 && row.steps < 10;
    line.cells = {{row.name, row.done ? theme.text_dim : theme.text, row.place},
                  {row.place.empty() ? "–" : row.place, theme.text_dim, {}},
                  {state.word, theme.text_dim, state.meaning},
                  {least_text(row.counted_all, tracer::brief_count_text(row.steps)), theme.text_dim, missing},
                  {least_text(row.counted_all, duration_text(row.run_ns)), theme.text_dim, missing},
                  {duration_text(row.worst_wait_ns), severity(theme, row.worst_wait_ns), {}},
                  {known_text(row.age_ns), theme.text_dim, row.age_ns < 0 ? "its creation was not recorded" : ""}};
    line.keys = {text_key(row.name),
                 text_key(row.place),
                 row.done ? 0.0 : 1.0,
                 static_cast<double>(row.steps),
                 static_cast<double>(row.run_ns),
                 static_cast<double>(row.worst_wait_ns),
                 static_cast<double>(row.age_ns)};
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<TableLine> TablesView::handle_lines(const Theme& theme, const TraceSource& source,
                                                const Digest& digest) const {
  std::vector<TableLine> lines;
  lines.reserve(digest.handles.size());
  const tracer::Level level = source.level();
  for (const HandleLine& row : digest.handles) {
    const HandleTraffic* traffic = row.traffic ? &*row.traffic : nullptr;
    const HandleTraffic known = row.traffic.value_or(HandleTraffic{});
    const std::string peer = peers_.of(row.id);
    const std::string bytes_tip =
        level < tracer::Level::callbacks
            ? "the bytes of a single handle are not recorded at this level; the graph has their sum"
            : "≥: there may have been more before it was followed, or events were lost";
    TableLine line;
    line.id = row.id;
    line.cells = {
        {row.kind, theme.text, {}},
        {row.name.empty() ? "–" : row.name, theme.text_dim, {}},
        {peer.empty() ? "–" : peer, theme.text_dim, "from the kernel's tables now"},
        {traffic_text(traffic, known.bytes_in, level), theme.text_dim, bytes_tip},
        {traffic_text(traffic, known.bytes_out, level), theme.text_dim, bytes_tip},
        {last_active_text(traffic, digest.at_ns, level), theme.text_dim, "when bytes last went through it"},
        {row.fd < 0 ? "–" : std::to_string(row.fd), theme.text_dim, {}},
        {duration_text(row.age_ns), theme.text_dim, {}}};
    line.keys = {text_key(row.kind),
                 text_key(row.name),
                 text_key(peer),
                 static_cast<double>(known.bytes_in),
                 static_cast<double>(known.bytes_out),
                 static_cast<double>(known.last_ns),
                 static_cast<double>(row.fd),
                 static_cast<double>(row.age_ns)};
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace loopscope::gui
