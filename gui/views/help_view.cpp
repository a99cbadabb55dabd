#include "gui/views/help_view.h"

#include <algorithm>
#include <cstddef>

#include "gui/views/help_text.h"

namespace loopscope::gui {

namespace {
using Look = HelpSign::Look;

void draw_sign(Painter& p, const Rect& box, const HelpSign& sign) {
  const Theme& theme = p.theme();
  const Point c = box.centre();
  switch (sign.look) {
    case Look::plain:
      p.fill(box, theme.activity(sign.activity), p.px(2));
      break;
    case Look::asleep:
      p.fill(box, mix(theme.card, theme.activity(sign.activity), 0.6F));
      p.hatch(box, with_alpha(theme.card, 0.35F), p.px(7));
      break;
    case Look::held:
      p.fill(box, theme.alarm_fill, p.px(2));
      p.outline(box, theme.alarm, p.px(2), p.px(1.5F));
      break;
    case Look::waits:
      p.dashed({box.x0, c.y}, {box.x1, c.y}, theme.text_faint, p.px(4));
      break;
    case Look::not_recorded:
      p.hatch(box, with_alpha(theme.text_faint, 0.6F), p.px(7));
      break;
    case Look::lost:
      p.fill(box, with_alpha(theme.alarm, 0.08F));
      p.hatch(box, with_alpha(theme.alarm, 0.5F), p.px(7));
      break;
    case Look::triangle:
      p.triangle_mark(c, p.px(11), theme.alarm);
      break;
    case Look::diamond:
      p.diamond_mark(c, p.px(11), theme.warning);
      break;
    case Look::word:
      p.text(c, Face::mono_small, theme.text, sign.word, Align::centre);
      break;
  }
}

/// A column of lines: something at the left, and what it means.
class Lines {
 public:
  Lines(Painter& p, Rect area, float step, float left) : p_(p), area_(area), step_(step), left_(left) {}

  void heading(const std::string& text) {
    const Rect row = area_.cut_top(step_);
    p_.text_fit({row.x0, row.centre().y}, Face::strong, p_.theme().text, text, row.width());
  }
  /// Answers the place at the left.
  Rect line(const std::string& means) {
    const Rect row = area_.cut_top(step_);
    p_.text_fit({row.x0 + left_, row.centre().y}, Face::small, p_.theme().text_dim, means, row.width() - left_);
    return {row.x0, row.y0, row.x0 + left_ - p_.px(12), row.y1};
  }
  void line(const std::string& word, const std::string& means) {
    const Rect place = line(means);
    p_.text_fit({place.x0, place.centre().y}, Face::small, p_.theme().text, word, place.width());
  }

 private:
  Painter& p_;
  Rect area_;
  float step_;
  float left_;
};

}  // namespace

bool draw_help(Painter& p, const Rect& window) {
  const Theme& theme = p.theme();
  const auto keys = help_keys();
  const auto gestures = help_gestures();
  const auto signs = help_signs();
  const std::size_t left_rows = 2 + keys.size() + gestures.size();
  const float around = p.px(30) + p.height(Face::strong) * 1.35F;
  const float most = std::min(window.height() - p.px(24), p.px(24) * static_cast<float>(left_rows) + around);
  const float step = (most - around) / static_cast<float>(left_rows);
  const float w = std::min(window.width() - p.px(24), p.px(960));
  const Point c = window.centre();
  const Rect box{c.x - w / 2, c.y - most / 2, c.x + w / 2, c.y + most / 2};
  p.fill(window, with_alpha(theme.header, 0.72F));
  Rect inner = p.card(box, "Help", "Esc or a click closes it");
  Rect left = inner.cut_left(inner.width() * 0.5F);
  inner.cut_left(p.px(16));
  left.cut_right(p.px(4));
  Lines words(p, left, step, std::min(p.px(152), left.width() * 0.42F));
  words.heading("Keys");
  for (const HelpKey& key : keys) words.line(key.keys, key.does);
  words.heading("Mouse");
  for (const HelpGesture& gesture : gestures) words.line(gesture.where, gesture.does);
  Lines meanings(p, inner, step, p.px(76));
  meanings.heading("Colours and signs");
  for (const HelpSign& sign : signs) draw_sign(p, meanings.line(sign.means).inset(0, step * 0.18F), sign);
  return p.pointer().pressed;
}

}  // namespace loopscope::gui
