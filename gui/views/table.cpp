#include "gui/views/table.h"

#include <algorithm>
#include <utility>

#include "gui/model/steady_order.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::count_text;

namespace {

/// Which columns fit beside one that needs `least_flexible`.
std::vector<bool> fitting(const Painter& p, const std::vector<TableColumn>& columns, float room,
                          float least_flexible) {
  std::vector<bool> shown(columns.size(), true);
  const auto fixed_width = [&] {
    float sum = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) sum += shown[i] ? p.px(columns[i].width) : 0;
    return sum;
  };
  while (fixed_width() + least_flexible > room) {
    std::size_t least = 0;
    for (std::size_t i = 1; i < columns.size(); ++i) {
      if (shown[i] && columns[i].priority > (shown[least] ? columns[least].priority : -1))
        least = i;
    }
    if (columns[least].priority == 0 || !shown[least])
      break;
    shown[least] = false;
  }
  return shown;
}

void draw_ground(Painter& p, const Rect& row, const TableLine& line, bool hovered, bool selected) {
  const Theme& theme = p.theme();
  if (selected)
    p.fill(row, with_alpha(theme.accent, 0.18F), p.px(3));
  else if (line.alarm)
    p.fill(row, with_alpha(theme.alarm, hovered ? 0.17F : 0.11F), p.px(3));
  else if (hovered)
    p.fill(row, theme.inset, p.px(3));
}

/// A cell that is cut says the whole in a tooltip.
void draw_cell(Painter& p, const Rect& place, const TableColumn& column, Face face, const TableCell& cell,
               bool hovered) {
  const Point at{column.right ? place.x1 - p.px(2) : place.x0, place.centre().y};
  const float room = place.width() - p.px(8);
  bool cut = false;
  if (!column.right && column.mono)
    p.name_fit(at, face, cell.color, cell.text, room, Align::left, &cut);
  else
    p.text_fit(at, face, cell.color, cell.text, room, column.right ? Align::right : Align::left, &cut);
  const bool says_more = !cell.tip.empty() && cell.tip != cell.text;
  if (hovered && p.hovers(place) && (cut || says_more))
    p.tooltip(says_more ? std::vector{cell.text, cell.tip} : std::vector{cell.text});
}

}  // namespace

void Table::draw(Painter& p, Rect area, const std::vector<TableColumn>& columns,
                 const std::vector<TableLine>& lines, const std::string& empty, tracer::NameId& selected) {
  const std::vector<Place> places = place(p, area, columns);
  draw_titles(p, area.cut_top(p.height(Face::small) * 1.7F), columns, places);
  if (lines.empty()) {
    p.text({area.x0, area.y0 + p.px(16)}, Face::body, p.theme().text_dim, empty);
    return;
  }
  const std::vector<const TableLine*> in_order = ordered(lines, p.hovers(area));
  const float step = p.height(Face::mono) * 1.62F;
  const RowRange rows = scroll(p, area, lines.size(), step);
  for (std::size_t l = rows.first; l < rows.end; ++l) {
    const TableLine& line = *in_order[l];
    const float y0 = area.y0 + step * static_cast<float>(l - rows.first);
    const Rect row{area.x0 - p.px(6), y0, area.x1 + p.px(6), y0 + step - p.px(1)};
    const bool hovered = p.hovers(row) && p.hovers(area);
    const bool selectable = line.name != tracer::kNoName;
    draw_ground(p, row, line, hovered, selectable && line.name == selected);
    for (const Place& at : places) {
      const TableColumn& column = columns[at.column];
      const Face face = column.mono ? (at.column == 0 ? Face::mono : Face::mono_small) : Face::small;
      draw_cell(p, {at.x0, y0, at.x1, y0 + step}, column, face, line.cells[at.column], hovered);
    }
    if (hovered && p.pointer().pressed && selectable)
      selected = selected == line.name ? tracer::kNoName : line.name;
  }
}

std::vector<Table::Place> Table::place(const Painter& p, const Rect& area,
                                       const std::vector<TableColumn>& columns) {
  const float least_flexible = p.px(area.width() < p.px(330) ? 104 : 150);
  const std::vector<bool> shown = fitting(p, columns, area.width(), least_flexible);
  float fixed = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) fixed += shown[i] ? p.px(columns[i].width) : 0;
  const float flexible = std::max(area.width() - fixed, least_flexible);
  std::vector<Place> places;
  float x = area.x0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!shown[i])
      continue;
    const float x1 = x + (columns[i].width > 0 ? p.px(columns[i].width) : flexible);
    places.push_back({i, x, x1});
    x = x1;
  }
  return places;
}

void Table::draw_titles(Painter& p, const Rect& titles, const std::vector<TableColumn>& columns,
                        const std::vector<Place>& places) {
  const Theme& theme = p.theme();
  for (const Place& place : places) {
    const TableColumn& column = columns[place.column];
    const Rect cell{place.x0, titles.y0, place.x1, titles.y1};
    const bool sorted = sort_.column == place.column;
    const Color color = p.hovers(cell) || sorted ? theme.text : theme.text_faint;
    std::string title = column.title;
    if (sorted)
      title += sort_.descending ? " ↓" : " ↑";
    p.text({column.right ? cell.x1 - p.px(2) : cell.x0, cell.centre().y}, Face::small, color, title,
           column.right ? Align::right : Align::left);
    if (p.clicks(cell)) {
      sort_ = {place.column, sorted ? !sort_.descending : true};
      shown_.clear();
    }
  }
}

std::vector<const TableLine*> Table::ordered(const std::vector<TableLine>& lines, bool steady) {
  std::vector<const TableLine*> order;
  for (const TableLine& line : lines) order.push_back(&line);
  std::stable_sort(order.begin(), order.end(), [this](const TableLine* left, const TableLine* right) {
    const TableLine& low = sort_.descending ? *right : *left;
    const TableLine& high = sort_.descending ? *left : *right;
    return low.keys[sort_.column] < high.keys[sort_.column];
  });
  if (steady) {
    std::vector<std::uint64_t> now;
    for (const TableLine* line : order) now.push_back(line->id);
    std::vector<const TableLine*> kept;
    for (const std::size_t i : steady_order(shown_, now)) kept.push_back(order[i]);
    order = std::move(kept);
  }
  shown_.clear();
  for (const TableLine* line : order) shown_.push_back(line->id);
  return order;
}

/// Answers which rows to show. If not all fit, it draws a bar beside them, and below them which ones they are.
RowRange Table::scroll(Painter& p, Rect& area, std::size_t lines, float step) {
  const Theme& theme = p.theme();
  if (lines <= whole_rows(area.height(), step)) {
    first_ = 0;
    return {0, lines};
  }
  if (p.hovers(area) && p.pointer().wheel != 0)
    first_ = p.pointer().wheel > 0 ? first_ - std::min<std::size_t>(first_, 2) : first_ + 2;
  const Rect note = area.cut_bottom(p.height(Face::tiny) * 1.2F);
  const std::size_t fits = std::max<std::size_t>(whole_rows(area.height(), step), 1);
  first_ = std::min(first_, lines - std::min(lines, fits));
  const std::size_t end = std::min(first_ + fits, lines);
  p.text_fit({note.x0, note.centre().y}, Face::tiny, theme.text_faint,
             count_text(first_ + 1) + " to " + count_text(end) + " of " + count_text(lines), note.width());
  const float a_line = area.height() / static_cast<float>(lines);
  const float y0 = area.y0 + a_line * static_cast<float>(first_);
  p.fill({area.x1 + p.px(5), y0, area.x1 + p.px(8), area.y0 + a_line * static_cast<float>(end)},
         theme.button_hover, p.px(1.5F));
  return {first_, end};
}

}  // namespace loopscope::gui
