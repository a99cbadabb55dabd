#include "gui/views/findings_view.h"

#include <algorithm>
#include <string>

#include "gui/canvas/rows.h"
#include "gui/model/steady_findings.h"

namespace loopscope::gui {

namespace {

Color bar_color(const Theme& theme, const tracer::Finding& finding) {
  if (finding.rule == tracer::FindingRule::waiting_for_gil)
    return theme.activity(tracer::Activity::gil_wait);
  return finding.severity == tracer::Severity::alarm ? theme.alarm : theme.warning;
}

/// There are no findings. That is good only if callbacks were recorded: then the card shows a check mark. Otherwise it shows an
/// open circle and what is missing.
void draw_healthy(Painter& p, const Rect& area, const TraceSource& source) {
  const Theme& theme = p.theme();
  const tracer::Level level = source.level();
  const bool watched = level >= tracer::Level::callbacks;
  const Point mark{area.x0 + p.px(8), area.y0 + p.px(14)};
  if (watched)
    p.tick_mark(mark, p.px(13), theme.live);
  else
    p.ring(mark, p.px(4.5F), p.px(6), 0, 6.2832F, theme.text_dim);
  const char* title = watched                       ? "Nothing stands out"
                      : level == tracer::Level::off ? "Nothing is recorded"
                                                    : "Callbacks are not recorded";
  p.text_fit({area.x0 + p.px(24), area.y0 + p.px(14)}, Face::strong, theme.text, title, area.width() - p.px(24));
  const char* rule = watched ? "Apart from waits for a CPU, no callback held the loop for 10 ms or more and no "
                               "timer was that late. No "
                               "events were lost."
                     : level == tracer::Level::off
                         ? "At level off it is not known what the loop does."
                         : "Level phases shows what holds the loop now, waits for the GIL and lost "
                           "events. It does not show callbacks or late timers.";
  p.text_wrapped({area.x0 + p.px(24), area.y0 + p.px(28), area.x1, area.y1}, Face::small, theme.text_dim, rule);
}

/// A finding as text that is broken into lines, and its size.
struct Block {
  const tracer::Finding* finding;
  float title_height, detail_height, height;
};

float title_line(const Painter& p) {
  return p.height(Face::strong) * 1.3F;
}
float text_line(const Painter& p) {
  return p.height(Face::small) * 1.3F;
}

/// Where the text begins, from the left of the block.
float text_indent(const Painter& p) {
  return p.px(29);
}

/// A block higher than `most` is made lower: its detail loses lines, then its title.
Block block_of(const Painter& p, const tracer::Finding& finding, float width, float most) {
  const float room = width - p.px(40);
  const auto lines = [&](Face face, const std::string& text) {
    return text.empty() ? 0.0F : static_cast<float>(p.wrapped_lines(face, text, room));
  };
  const float place = finding.place.empty() ? 0 : text_line(p) * 1.1F;
  const float around = p.px(14) + place;
  const auto title_rows = static_cast<float>(whole_rows(most - around, title_line(p)));
  const float title =
      title_line(p) * std::clamp(lines(Face::strong, finding.title), 1.0F, std::max(title_rows, 1.0F));
  const float detail_room = most - around - title;
  const auto detail_lines =
      std::min(lines(Face::small, finding.detail), static_cast<float>(whole_rows(detail_room, text_line(p))));
  const float detail = text_line(p) * detail_lines;
  return {&finding, title, detail, around + title + detail};
}

void draw_block(Painter& p, const Rect& box, const Block& block) {
  const Theme& theme = p.theme();
  const tracer::Finding& finding = *block.finding;
  const bool hovered = p.hovers(box);
  const Color color = bar_color(theme, finding);
  p.push_clip(box);
  p.fill(box, hovered && finding.begin_ns > 0 ? theme.button : theme.inset, p.px(5));
  p.fill({box.x0, box.y0, box.x0 + p.px(4), box.y1}, color, p.px(2));
  const Point mark{box.x0 + p.px(17), box.y0 + p.px(7) + title_line(p) / 2};
  if (finding.severity == tracer::Severity::alarm)
    p.triangle_mark(mark, p.px(11), color);
  else
    p.diamond_mark(mark, p.px(11), color);
  const float x = box.x0 + text_indent(p);
  const float right = box.x1 - p.px(11);
  float y = box.y0 + p.px(7);
  p.text_wrapped({x, y, right, y + block.title_height}, Face::strong, theme.text, finding.title);
  y += block.title_height;
  if (block.detail_height > 0)
    p.text_wrapped({x, y, right, y + block.detail_height}, Face::small, theme.text_dim, finding.detail);
  y += block.detail_height + text_line(p) * 0.5F;
  bool cut = block.detail_height == 0 && !finding.detail.empty();
  if (!finding.place.empty())
    p.text_fit({x, y}, Face::mono_small, theme.accent, finding.place, right - x, Align::left, &cut);
  p.pop_clip();
  const float lines = static_cast<float>(p.wrapped_lines(Face::small, finding.detail, right - x));
  if (hovered && (cut || lines * text_line(p) > block.detail_height + 1))
    p.tooltip({finding.title, finding.detail, finding.place});
}

void draw_scroll_bar(Painter& p, const Rect& list, const RowRange& shown, std::size_t all) {
  const Rect rail{list.x1 + p.px(4), list.y0, list.x1 + p.px(8), list.y1};
  const float step = rail.height() / static_cast<float>(all);
  p.fill(rail, p.theme().track, p.px(2));
  p.fill({rail.x0, rail.y0 + step * static_cast<float>(shown.first), rail.x1,
          rail.y0 + step * static_cast<float>(shown.end)},
         p.theme().text_faint, p.px(2));
}

}  // namespace

const tracer::Finding* FindingsView::draw(Painter& p, const Rect& area, const TraceSource& source,
                                          const Digest& digest) {
  findings_ = p.hovers(area) ? steady_findings(findings_, digest.findings) : digest.findings;
  const std::string count = findings_.empty() ? "" : std::to_string(findings_.size());
  Rect inner = p.card(area, "What to look at", p.hovers(area) && !findings_.empty() ? "click to show it" : count);
  if (!findings_.empty())
    return draw_list(p, inner);
  draw_healthy(p, inner, source);
  return nullptr;
}

const tracer::Finding* FindingsView::draw_list(Painter& p, Rect area) {
  const float gap = p.px(8);
  const float note = text_line(p) * 1.2F;
  std::vector<Block> blocks;
  std::vector<float> heights;
  for (const tracer::Finding& finding : findings_) {
    blocks.push_back(block_of(p, finding, area.width(), area.height() - (findings_.size() > 1 ? note : 0)));
    heights.push_back(blocks.back().height);
  }
  if (p.hovers(area) && p.pointer().wheel != 0)
    first_ = p.pointer().wheel > 0 ? first_ - std::min<std::size_t>(first_, 1) : first_ + 1;
  RowRange shown = whole_blocks(heights, gap, area.height(), note, first_);
  first_ = shown.first;
  const std::size_t whole_end = shown.end;
  const float left = room_for_the_next(heights, gap, area.height(), note, shown);
  if (left > 0) {
    const Block lower = block_of(p, findings_[whole_end], area.width(), left);
    if (lower.height <= left && lower.detail_height > 0) {
      blocks[whole_end] = lower;
      ++shown.end;
    }
  }
  const bool all = shown.end - shown.first == blocks.size();
  const Rect list = area;
  if (!all)
    draw_rest(p, area.cut_bottom(note), shown.end, whole_end);
  const tracer::Finding* clicked = nullptr;
  for (std::size_t i = shown.first; i < shown.end; ++i) {
    const Rect box = area.cut_top(blocks[i].height);
    area.cut_top(gap);
    draw_block(p, box, blocks[i]);
    if (p.clicks(box) && findings_[i].begin_ns > 0)
      clicked = &findings_[i];
  }
  if (!all)
    draw_scroll_bar(p, list, shown, blocks.size());
  return clicked;
}

/// The line below the list: how many findings it leaves out. A click shows the next ones, from the first that is not shown whole,
/// or the first ones at the end.
void FindingsView::draw_rest(Painter& p, const Rect& line, std::size_t end, std::size_t whole_end) {
  const std::size_t below = findings_.size() - end;
  const std::string text =
      below > 0 ? "and " + std::to_string(below) + " more" : "back to the first " + std::to_string(first_);
  const bool hovered = p.hovers(line);
  const float x = line.x0 + text_indent(p);
  const float w = p.text_fit({x, line.centre().y}, Face::small, hovered ? p.theme().text : p.theme().accent, text,
                             line.x1 - x);
  if (hovered)
    p.line({x, line.y1 - p.px(2)}, {x + w, line.y1 - p.px(2)}, p.theme().text);
  if (p.clicks(line))
    first_ = below > 0 ? whole_end : 0;
}

}  // namespace loopscope::gui
