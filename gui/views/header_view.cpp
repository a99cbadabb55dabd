#include "gui/views/header_view.h"

#include <cstring>

#include "gui/model/level_words.h"
#include "gui/model/recording_words.h"
#include "tracer/analysis/wording.h"
#include "tracer/read/printable.h"
#include "tracer/read/program_name.h"

namespace loopscope::gui {

namespace {

/// The printable text of a field of fixed width, which need not end with a 0.
template <std::size_t N>
std::string field_text(const char (&field)[N]) {
  return tracer::printable({field, strnlen(field, N)});
}

struct Tile {
  std::string label;
  std::string value;
  Color color;
  std::vector<std::string> tip;  ///< lines; the first is a heading
  std::string widest = {};       ///< what the tile has room for, so that it never moves its neighbours
};

std::vector<Tile> tiles(const TraceSource& source, const Digest& digest, const Theme& theme) {
  std::vector<Tile> all;
  all.push_back({"iteration",
                 digest.present.level == tracer::Level::off ? "not known" : tracer::count_text(digest.iteration),
                 theme.text,
                 {"iteration", "Iterations of the loop since the session began."}});
  const bool lag_known = digest.lately.lag.count() > 0 && digest.present.level >= tracer::Level::callbacks;
  const std::int64_t lag = digest.lately.lag.quantile(0.99);
  all.push_back({"loop lag p99",
                 lag_known ? tracer::duration_text(lag) : "not known",
                 lag_known && lag >= 10'000'000 ? theme.alarm_text : theme.text,
                 {"loop lag p99",
                  "How long callbacks waited from ready to run, in the last ten seconds: 99 % waited less."}});
  const double idle = digest.second.share(tracer::Activity::poll_asleep);
  const bool idle_known = digest.second.share(tracer::Activity::unknown) < 0.5;
  all.push_back({"poll idle",
                 idle_known ? tracer::percent_text(idle) : "not known",
                 theme.text,
                 {"poll idle", "The share of the last second that the loop slept in poll."}});
  const auto& cpu_wait = digest.cpu_wait_share;
  const bool waits = cpu_wait && *cpu_wait >= tracer::FindingRules{}.cpu_wait_share;
  all.push_back(
      {"waits for a CPU",
       cpu_wait ? tracer::percent_text(*cpu_wait) : "not known",
       waits ? theme.warning_text : theme.text,
       {"waits for a CPU",
        "The share of the last second that the loop's thread was ready to run and had no CPU (sampled)."}});
  const LevelWords level = level_words(source);
  const Color tones[] = {theme.text, theme.accent, theme.warning};
  all.push_back(
      {level.label, level.value, tones[static_cast<std::size_t>(level.tone)], level.tip, "level · raised by app"});
  all.push_back({"lost events",
                 tracer::count_text(source.lost()),
                 source.lost() > 0 ? theme.alarm_text : theme.text,
                 {"lost events", "Events that were overwritten before this viewer could read them."}});
  if (source.trace().ring().cut_short)
    all.back().tip.push_back("The session's file system is full: the ring holds only " +
                             tracer::count_text(source.trace().ring().length) + " events.");
  const bool cost_known = digest.recording.state == Recording::State::known;
  all.push_back({"tracing cost", recording_tile(digest.recording), cost_known ? theme.text : theme.text_faint,
                 recording_tip(digest.recording), "~below 0.01 %"});
  return all;
}

/// The word at the left, in its colour. Only LIVE is green.
struct StateShown {
  std::string word;
  Color color;
  bool turns;
  std::string meaning;
};

StateShown state_shown(const Theme& theme, const Digest& digest, bool paused) {
  switch (digest.state) {
    case ProgramState::closed:
      return {"CLOSED", theme.text_dim, false, "The program closed its loop."};
    case ProgramState::died:
      return {"DIED", theme.alarm_text, false,
              "The program was killed or crashed: it ended without closing its loop."};
    case ProgramState::copied:
      return {"COPY", theme.text_dim, false,
              "Its process lives and does not write this session: it is a copy, or the process called exec."};
    case ProgramState::left:
      return {"LEFT", theme.text_dim, false,
              "The process lives, but writes to this session no more. A program that calls exec does that."};
    case ProgramState::damaged:
      return {"DAMAGED", theme.alarm_text, false,
              "The session's file was cut or overwritten. What the program does now is not known."};
    case ProgramState::hangs:
    case ProgramState::stopped:
    case ProgramState::live:
      break;
  }
  if (paused)
    return {"PAUSED", theme.warning, false, "The view is paused; the program runs on."};
  if (digest.state == ProgramState::stopped)
    return {"STOPPED", theme.alarm_text, false,
            "A signal or a debugger stopped the program, and nothing of it runs."};
  if (digest.hang && digest.hang->kind == tracer::Hang::Kind::overdue_poll)
    return {"LATE " + digest.hang->held_text(), theme.alarm_text, false,
            "The loop should have left its poll this long ago. Why it did not is not known."};
  if (digest.hang)
    return {"HELD " + digest.hang->held_text(), theme.alarm_text, false,
            "Something has held the loop for this long, and nothing else can run."};
  return {"LIVE", theme.live, true, "The program is alive, and nothing is known to hold its loop."};
}

/// Answers the x at which it ends.
float draw_state(Painter& p, Point at, const StateShown& shown) {
  const float from = at.x;
  if (shown.turns)
    p.dot({at.x + p.px(5), at.y}, p.px(5), shown.color);
  else
    p.fill({at.x, at.y - p.px(5), at.x + p.px(10), at.y + p.px(5)}, shown.color, p.px(2));
  at.x += p.px(18);
  at.x += p.text(at, Face::strong, shown.color, shown.word);
  if (p.hovers({from, at.y - p.px(16), at.x, at.y + p.px(16)}))
    p.tooltip({shown.word, shown.meaning});
  return at.x + p.px(18);
}

/// The room for the word at the left, which the tiles keep free.
float state_room(const Painter& p) {
  return p.width(Face::strong, "HELD ≥ 99.9 ms") + p.px(36);
}

std::vector<float> tile_widths(const Painter& p, const std::vector<Tile>& all) {
  std::vector<float> widths;
  for (const Tile& tile : all) {
    const float label = std::max(p.width(Face::small, tile.label), p.width(Face::small, tile.widest));
    widths.push_back(std::max(label, p.width(Face::mono_strong, "not known")) + p.px(26));
    widths.back() = std::max({widths.back(), p.width(Face::mono_strong, tile.value) + p.px(16), p.px(106)});
  }
  return widths;
}

}  // namespace

HeaderAction draw_header(Painter& p, const Rect& area, const TraceSource& source, const Digest& digest,
                         bool paused) {
  const Theme& theme = p.theme();
  p.fill(area, theme.header);
  p.line({area.x0, area.y1}, {area.x1, area.y1}, theme.line, p.px(1.5F));
  const float y = area.centre().y;
  HeaderAction action = HeaderAction::none;

  // Buttons from the right.
  float right = area.x1 - p.px(12);
  const auto button = [&](const char* label, const char* key, float w, bool active, HeaderAction does) {
    const Rect rect{right - w, y - p.px(16), right, y + p.px(16)};
    if (p.button(rect, label, key, active))
      action = does;
    right = rect.x0 - p.px(7);
  };
  button("?", "", p.button_width("?", ""), false, HeaderAction::open_help);
  button("Sessions", "S", p.button_width("Sessions", "S"), false, HeaderAction::open_sessions);
  if (!source.ended() || paused) {
    const float w = std::max(p.button_width("Pause", "Space"), p.button_width("Resume", "Space"));
    button(paused ? "Resume" : "Pause", "Space", w, paused, HeaderAction::toggle_pause);
  }

  // The program, from the left.
  float x = area.x0 + p.px(21);
  const float least_x = x + state_room(p);
  x = draw_state(p, {x, y}, state_shown(theme, digest, paused));
  const auto& header = source.trace().header();
  const std::string program = field_text(header.program);
  const std::string title = tracer::program_title(program);
  const std::string facts = "pid " + std::to_string(header.pid) + " · Python " +
                            field_text(header.python_version) + " · libuv " + field_text(header.libuv_version);

  // Where there is little room, tiles are left out so that the name fits.
  const std::vector<Tile> all = tiles(source, digest, theme);
  const std::vector<float> widths = tile_widths(p, all);
  float tiles_width = 0;
  for (const float width : widths) tiles_width += width;
  const float title_width = std::min(p.width(Face::title, title), p.px(300));
  const float room = right - p.px(10) - std::max(x, least_x);
  std::size_t shown = all.size();
  const float facts_width = p.width(Face::small, facts) + p.px(20);
  while (shown > 2 && tiles_width + title_width + p.px(12) > room) tiles_width -= widths[--shown];
  const float name_room = right - p.px(22) - tiles_width - x;
  const bool with_facts = name_room > title_width + facts_width;
  const float used = p.text_fit({x, y}, Face::title, theme.text, title, std::min(name_room, title_width + 1));
  if (p.hovers({x, area.y0, x + used, area.y1}))
    p.tooltip({title, program, facts});
  if (with_facts)
    p.text({x + used + p.px(18), y}, Face::small, theme.text_dim, facts);

  float tile_x = right - p.px(6) - tiles_width;
  for (std::size_t i = 0; i < shown; ++i) {
    const Rect rect{tile_x, area.y0, tile_x + widths[i], area.y1};
    p.text({tile_x, y - p.px(9)}, Face::small, theme.text_dim, all[i].label);
    p.text({tile_x, y + p.px(9)}, Face::mono_strong, all[i].color, all[i].value);
    if (p.hovers(rect))
      p.tooltip(all[i].tip);
    tile_x += widths[i];
  }
  return action;
}

}  // namespace loopscope::gui
