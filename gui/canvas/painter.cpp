#include "gui/canvas/painter.h"

#include <cfloat>
#include <cmath>

#include <imgui.h>

#include "gui/canvas/labels.h"
#include "gui/canvas/scripts.h"

namespace loopscope::gui {

namespace {

ImVec2 vec(Point p) {
  return {p.x, p.y};
}
const LoadedFace& pick(const Faces& faces, Face face) {
  return faces[static_cast<std::size_t>(face)];
}

/// The width of text that drawable() has already made ready.
float width_of(const LoadedFace& loaded, std::string_view text) {
  return loaded.font->CalcTextSizeA(loaded.size, FLT_MAX, 0, text.data(), text.data() + text.size()).x;
}

bool has_glyph(const LoadedFace& loaded, char32_t point) {
  if (point <= IM_UNICODE_CODEPOINT_MAX &&
      loaded.font->FindGlyphNoFallback(static_cast<ImWchar>(point)) != nullptr)
    return true;
  if (loaded.missing != nullptr)
    loaded.missing->insert(point);
  return false;
}

}  // namespace

float Painter::width(Face face, std::string_view text) const {
  if (text.empty())
    return 0;
  const LoadedFace& loaded = pick(faces_, face);
  if (is_ascii(text))
    return width_of(loaded, text);
  return width_of(loaded, drawable(text, [&](char32_t point) { return has_glyph(loaded, point); }));
}

float Painter::text(Point p, Face face, Color color, std::string_view text, Align align) {
  if (text.empty())
    return 0;
  const LoadedFace& loaded = pick(faces_, face);
  std::string turned;
  if (!is_ascii(text)) {
    turned = drawable(text, [&](char32_t point) { return has_glyph(loaded, point); });
    text = turned;
  }
  const float w = width_of(loaded, text);
  const float x = align == Align::left ? p.x : align == Align::right ? p.x - w : p.x - w / 2;
  const ImVec2 at{std::round(x), std::round(p.y - loaded.size / 2)};
  list_->AddText(loaded.font, loaded.size, at, color, text.data(), text.data() + text.size());
  return w;
}

std::string Painter::shortened(Face face, std::string_view full, float most, Cut cut) const {
  const auto measure = [&](std::string_view text) { return width(face, text); };
  return cut == Cut::end ? cut_end(full, most, measure) : cut_front(full, most, measure);
}

float Painter::text_fit(Point p, Face face, Color color, std::string_view full, float most, Align align,
                        bool* cut) {
  const std::string shown = shortened(face, full, most, Cut::end);
  if (cut != nullptr)
    *cut = shown != full;
  return text(p, face, color, shown, align);
}

float Painter::name_fit(Point p, Face face, Color color, std::string_view full, float most, Align align,
                        bool* cut) {
  const std::string shown = shortened(face, full, most, Cut::front);
  if (cut != nullptr)
    *cut = shown != full;
  return text(p, face, color, shown, align);
}

float Painter::text_wrapped(Rect area, Face face, Color color, std::string_view text) {
  const float line_height = height(face) * 1.3F;
  const auto fits = static_cast<std::size_t>(std::max((area.height() + 1) / line_height, 1.0F));
  const auto measure = [&](std::string_view part) { return width(face, part); };
  float y = area.y0 + line_height / 2;
  for (const std::string& line : wrap(text, area.width(), fits, measure)) {
    text_fit({area.x0, y}, face, color, line, area.width());
    y += line_height;
  }
  return y - line_height / 2 - area.y0;
}

std::size_t Painter::wrapped_lines(Face face, std::string_view text, float most) const {
  return wrap(text, most, text.size() + 1, [&](std::string_view part) { return width(face, part); }).size();
}

void Painter::fill(const Rect& rect, Color color, float rounding) {
  list_->AddRectFilled({rect.x0, rect.y0}, {rect.x1, rect.y1}, color, rounding);
}

void Painter::outline(const Rect& rect, Color color, float rounding, float thickness) {
  list_->AddRect({rect.x0, rect.y0}, {rect.x1, rect.y1}, color, rounding, 0, thickness);
}

void Painter::line(Point a, Point b, Color color, float thickness) {
  list_->AddLine(vec(a), vec(b), color, thickness);
}

void Painter::dashed(Point a, Point b, Color color, float dash, float thickness) {
  const float length = std::hypot(b.x - a.x, b.y - a.y);
  const float dx = (b.x - a.x) / std::max(length, 1e-3F);
  const float dy = (b.y - a.y) / std::max(length, 1e-3F);
  for (float at = 0; at < length; at += dash * 1.7F) {
    const float to = std::min(at + dash, length);
    line({a.x + dx * at, a.y + dy * at}, {a.x + dx * to, a.y + dy * to}, color, thickness);
  }
}

void Painter::hatch(const Rect& rect, Color color, float spacing) {
  const float h = rect.height();
  const float first = std::floor((rect.x0 - h) / spacing) * spacing;
  for (float x = first; x < rect.x1; x += spacing) {  // from (x, bottom) up to (x + h, top), cut to the rectangle
    const float from = std::max(x, rect.x0);
    const float to = std::min(x + h, rect.x1);
    if (to > from)
      line({from, rect.y1 - (from - x)}, {to, rect.y1 - (to - x)}, color, 1);
  }
}

void Painter::polyline(const std::vector<Point>& points, Color color, float thickness) {
  static_assert(sizeof(Point) == sizeof(ImVec2));
  if (points.size() > 1) {
    list_->AddPolyline(reinterpret_cast<const ImVec2*>(points.data()), static_cast<int>(points.size()), color, 0,
                       thickness);
  }
}

void Painter::area(const std::vector<Point>& points, float base_y, Color color) {
  if (points.size() < 2)
    return;
  const auto quads = static_cast<int>(points.size() - 1);
  const ImVec2 uv = ImGui::GetFontTexUvWhitePixel();
  list_->PrimReserve(quads * 6, quads * 4);
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    list_->PrimQuadUV(vec(points[i]), vec(points[i + 1]), {points[i + 1].x, base_y}, {points[i].x, base_y}, uv, uv,
                      uv, uv, color);
  }
}

void Painter::dot(Point centre, float radius, Color color) {
  list_->AddCircleFilled(vec(centre), radius, color);
}

void Painter::ring(Point centre, float inner, float outer, float from, float to, Color color) {
  const int segments = std::max(4, static_cast<int>(std::ceil((to - from) * outer / 4)));
  list_->PathArcTo(vec(centre), (inner + outer) / 2, from, to, segments);
  list_->PathStroke(color, 0, outer - inner);
}

void Painter::ring_outline(Point centre, float inner, float outer, float from, float to, Color color,
                           float thickness) {
  const int segments = std::max(4, static_cast<int>(std::ceil((to - from) * outer / 4)));
  list_->PathArcTo(vec(centre), outer, from, to, segments);
  list_->PathArcTo(vec(centre), inner, to, from, segments);
  list_->PathStroke(color, ImDrawFlags_Closed, thickness);
}

void Painter::triangle_mark(Point c, float size, Color color) {
  const float s = size / 2;
  list_->AddTriangleFilled({c.x, c.y - s}, {c.x + s, c.y + s * 0.8F}, {c.x - s, c.y + s * 0.8F}, color);
}

void Painter::diamond_mark(Point c, float size, Color color) {
  const float s = size * 0.55F;
  list_->AddQuadFilled({c.x, c.y - s}, {c.x + s, c.y}, {c.x, c.y + s}, {c.x - s, c.y}, color);
}

void Painter::tick_mark(Point c, float size, Color color) {
  const float s = size / 2;
  const ImVec2 points[] = {{c.x - s, c.y}, {c.x - s * 0.25F, c.y + s * 0.7F}, {c.x + s, c.y - s * 0.75F}};
  list_->AddPolyline(points, 3, color, 0, std::max(1.3F, size / 7));
}

void Painter::cross_mark(Point c, float size, Color color) {
  const float s = size * 0.4F;
  line({c.x - s, c.y - s}, {c.x + s, c.y + s}, color, std::max(1.3F, size / 7));
  line({c.x - s, c.y + s}, {c.x + s, c.y - s}, color, std::max(1.3F, size / 7));
}

void Painter::push_clip(const Rect& rect) {
  list_->PushClipRect({rect.x0, rect.y0}, {rect.x1, rect.y1}, true);
}
void Painter::pop_clip() {
  list_->PopClipRect();
}

Rect Painter::card(const Rect& rect, std::string_view title, std::string_view note) {
  fill(rect, theme_.card, px(7));
  outline(rect, theme_.card_line, px(7));
  Rect inner = rect.inset(px(14), px(10));
  const Rect head = inner.cut_top(height(Face::strong) * 1.35F);
  const float note_width = width(Face::mono_small, note);
  const float title_width = width(Face::strong, title);
  text_fit({head.x0, head.centre().y}, Face::strong, theme_.text, title, head.width());
  const float room = head.width() - title_width - px(16);
  if (!note.empty() && room > px(60)) {
    text_fit({head.x1, head.centre().y}, Face::mono_small, theme_.text_dim, note, std::min(note_width + 1, room),
             Align::right);
  }
  inner.cut_top(px(6));
  return inner;
}

float Painter::button_width(std::string_view label, std::string_view key) const {
  const float key_width = key.empty() ? 0 : width(Face::mono_tiny, key) + px(22);
  return width(Face::body, label) + key_width + px(24);
}

bool Painter::button(const Rect& rect, std::string_view label, std::string_view key, bool active) {
  const bool hovered = hovers(rect);
  fill(rect,
       active    ? mix(theme_.button, theme_.accent, 0.35F)
       : hovered ? theme_.button_hover
                 : theme_.button,
       px(6));
  text({rect.x0 + px(12), rect.centre().y}, Face::body, theme_.text, label);
  if (!key.empty()) {
    const float w = width(Face::mono_tiny, key) + px(12);
    const Rect cap{rect.x1 - px(8) - w, rect.y0 + px(6), rect.x1 - px(8), rect.y1 - px(6)};
    fill(cap, theme_.key, px(4));
    text(cap.centre(), Face::mono_tiny, theme_.text_dim, key, Align::centre);
  }
  return hovered && pointer_.pressed;
}

void Painter::draw_tooltip(const Rect& window) {
  if (tooltip_.empty())
    return;
  into_overlay();
  const float most = std::min(px(560), window.width() * 0.6F);
  const float line_height = height(Face::small) * 1.45F;
  std::vector<std::pair<Face, std::string>> lines;
  for (std::size_t i = 0; i < tooltip_.size(); ++i) {
    const Face face = i == 0 ? Face::mono_strong : Face::small;
    const auto measure = [&](std::string_view part) { return width(face, part); };
    for (std::string& line : wrap(tooltip_[i], most, tooltip_[i].size() + 1, measure))
      lines.emplace_back(face, std::move(line));
  }
  float widest = 0;
  for (const auto& [face, line] : lines) widest = std::max(widest, width(face, line));
  const float w = widest + px(24);
  const float h = line_height * static_cast<float>(lines.size()) + px(16);
  float x = pointer_.at.x + px(16);
  float y = pointer_.at.y + px(18);
  if (x + w > window.x1 - 4)
    x = std::max(pointer_.at.x - w - px(10), window.x0 + 4);
  if (y + h > window.y1 - 4)
    y = std::max(pointer_.at.y - h - px(10), window.y0 + 4);
  const Rect box{x, y, x + w, y + h};
  fill({box.x0 + 2, box.y0 + 3, box.x1 + 2, box.y1 + 3}, rgb(0, 90), px(6));
  fill(box, theme_.dark ? rgb(0x262B38) : rgb(0xFFFFFF), px(6));
  outline(box, theme_.dark ? rgb(0x3A4152) : rgb(0xB9C0CC), px(6));
  float at = box.y0 + px(8) + line_height / 2;
  for (const auto& [face, line] : lines) {
    text({box.x0 + px(12), at}, face, face == Face::mono_strong ? theme_.text : theme_.text_dim, line);
    at += line_height;
  }
  into_overlay();
}

}  // namespace loopscope::gui
