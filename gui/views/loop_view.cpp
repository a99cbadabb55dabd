#include "gui/views/loop_view.h"

#include <cmath>

#include "gui/canvas/labels.h"
#include "gui/model/wheel.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::Phase;

namespace {

/// The wheel's place on the screen.
struct Wheel {
  Point centre;
  float outer;
  float hole;
};

struct Piece {
  Phase phase;
  Arc arc;
  double share;  ///< of the last second
  bool active;
};

std::vector<Phase> order_of(const tracer::SessionHeader& header) {
  std::vector<Phase> order;
  for (const std::uint8_t value : header.phase_order) {
    if (value > 0 && value < tracer::kPhaseCount)
      order.push_back(static_cast<Phase>(value));
  }
  return order;
}

/// Shares of the whole second, the same as in "Where the last second went".
std::vector<Piece> pieces_of(const std::vector<Phase>& order, const Digest& digest) {
  const auto second = static_cast<double>(std::max<std::int64_t>(digest.second.total_ns(), 1));
  std::vector<double> shares;
  for (const Phase phase : order) shares.push_back(static_cast<double>(digest.second.phase_ns(phase)) / second);
  const std::vector<Arc> arcs = wheel_arcs(shares);
  const bool recorded = digest.present.level > tracer::Level::off;
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < order.size(); ++i)
    pieces.push_back({order[i], arcs[i], shares[i], recorded && digest.present.phase == order[i]});
  return pieces;
}

void draw_ring(Painter& p, const Wheel& wheel, const std::vector<Piece>& pieces) {
  const Theme& theme = p.theme();
  const float gap = p.px(1.2F) / wheel.outer;
  for (const Piece& piece : pieces) {
    const float strength = piece.active ? 1.0F : theme.dark ? 0.58F : 0.75F;
    const float outer = wheel.outer + (piece.active ? p.px(7) : 0);
    p.ring(wheel.centre, wheel.hole, outer, piece.arc.from + gap, piece.arc.to - gap,
           mix(theme.card, theme.phase(piece.phase), strength));
  }
  for (const Piece& piece : pieces) {
    if (piece.active) {
      p.ring_outline(wheel.centre, wheel.hole, wheel.outer + p.px(7), piece.arc.from + gap, piece.arc.to - gap,
                     theme.text, p.px(1.8F));
    }
  }
}

struct PieceLabel {
  std::string name;       ///< libuv's word
  std::string full_name;  ///< the same with what it means, for where there is room
  std::string share;
  const Piece* piece;
  Point edge;  ///< of the ring, in the middle of its arc
};

/// Draws the labels of one side, from top to bottom, without overlaps. A line leads to an arc that is not beside its label.
void draw_side(Painter& p, const Wheel& wheel, const Rect& inner, std::vector<PieceLabel> labels, bool right) {
  const Theme& theme = p.theme();
  std::sort(labels.begin(), labels.end(),
            [](const PieceLabel& a, const PieceLabel& b) { return a.edge.y < b.edge.y; });
  const float line = p.height(Face::small) * 1.15F;
  std::vector<float> middles;
  for (const PieceLabel& label : labels) middles.push_back(label.edge.y);
  middles = spread(middles, line * 1.05F, inner.y0, inner.y1);
  const float side = right ? 1.0F : -1.0F;
  const float reach = wheel.outer + p.px(14);
  // How far from the centre a line of text at this height must be so that it does not touch the ring.
  const auto outside = [&](float y) {
    const float dy = std::max(std::fabs(y - wheel.centre.y) - line * 0.5F, 0.0F);
    return dy < reach ? std::sqrt(reach * reach - dy * dy) : 0.0F;
  };
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const PieceLabel& label = labels[i];
    const Face face = label.piece->active ? Face::strong : Face::small;
    const float y = middles[i];
    const float own = std::fabs(label.edge.x - wheel.centre.x) + p.px(4);
    const float x = wheel.centre.x + side * std::max(outside(y), std::min(own, reach));
    const float room = right ? inner.x1 - x : x - inner.x0;
    if (std::fabs(y - label.edge.y) > line * 0.5F)
      p.line(label.edge, {x + (right ? -p.px(3) : p.px(3)), y}, with_alpha(theme.text_faint, 0.6F));
    const Color color = label.piece->active ? theme.text : theme.text_dim;
    const bool full = p.width(face, label.full_name) <= room;
    const std::string& name = full ? label.full_name : label.name;
    const float name_width = p.width(face, name);
    const float share_width = label.share.empty() ? 0 : p.width(Face::mono_tiny, label.share) + p.px(6);
    const bool with_share = name_width + share_width <= room;
    const Align align = right ? Align::left : Align::right;
    const float used = p.text_fit({x, y}, face, color, name, room, align);
    if (share_width == 0)
      continue;
    const bool clear = std::fabs(x - wheel.centre.x) >= outside(y + line) - p.px(2);
    const bool room_below = clear && (i + 1 == labels.size() || middles[i + 1] - y > line * 1.9F);
    if (with_share)
      p.text({x + (right ? used + p.px(6) : -used - p.px(6)), y}, Face::mono_tiny, theme.text_faint, label.share,
             align);
    else if (room_below)
      p.text({x, y + line}, Face::mono_tiny, theme.text_faint, label.share, align);
  }
}

/// The words of "Where the last second went".
std::string full_name(Phase phase) {
  return phase == Phase::idle ? tracer::activity_text(tracer::Activity::idle) : tracer::phase_text(phase);
}

void draw_labels(Painter& p, const Wheel& wheel, const Rect& inner, const std::vector<Piece>& pieces, bool known) {
  std::vector<PieceLabel> sides[2];
  for (const Piece& piece : pieces) {
    const float middle = (piece.arc.from + piece.arc.to) / 2;
    const float outer = wheel.outer + (piece.active ? p.px(7) : 0);
    const Point edge{wheel.centre.x + std::cos(middle) * (outer + p.px(2)),
                     wheel.centre.y + std::sin(middle) * (outer + p.px(2))};
    const std::string share = !known || piece.share == 0 ? "" : tracer::percent_text(piece.share);
    sides[std::cos(middle) >= 0 ? 1 : 0].push_back(
        {tracer::phase_text(piece.phase), full_name(piece.phase), share, &piece, edge});
  }
  draw_side(p, wheel, inner, sides[0], false);
  draw_side(p, wheel, inner, sides[1], true);
}

/// A mark on the ring's inner edge, clear of the words in the middle.
void draw_hand(Painter& p, const Wheel& wheel, float angle) {
  const auto at = [&](float radius) {
    return Point{wheel.centre.x + std::cos(angle) * radius, wheel.centre.y + std::sin(angle) * radius};
  };
  const float thickness = wheel.outer - wheel.hole;
  p.line(at(wheel.hole - p.px(4)), at(wheel.hole + thickness * 0.55F), p.theme().text, p.px(2.4F));
  p.dot(at(wheel.hole + thickness * 0.55F), p.px(3.2F), p.theme().text);
}

/// What runs, or how many handles are open: wordings, the longest first. Empty if there is nothing to say.
std::vector<std::string> third_line(const TraceSource& source, const Digest& digest) {
  const tracer::Present& present = digest.present;
  if (present.level == tracer::Level::off)
    return {};
  if (present.callback_depth > 0 && present.callback_name != tracer::kNoName)
    return {tracer::callable_text(source.name(present.callback_name), present.callback_kind)};
  if (present.phase != Phase::poll || source.ended())
    return {};
  return handles_wordings(digest.handles.size(), digest.all_handles_known);
}

Seen seen_of(ProgramState state) {
  if (!has_ended(state))
    return Seen::now;
  return state == ProgramState::closed || state == ProgramState::died ? Seen::at_the_end : Seen::last;
}

struct CentreLine {
  Face face;
  Color color;
  std::string text;
  [[nodiscard]] float height(const Painter& p) const { return p.height(face) * 1.12F; }
};

float height_of(const Painter& p, const std::vector<CentreLine>& lines) {
  float height = 0;
  for (const CentreLine& line : lines) height += line.height(p);
  return height;
}

/// The large words in one line or two, as large as the hole allows.
std::vector<CentreLine> large_lines(const Painter& p, const std::string& where, float most) {
  const Color color = p.theme().text;
  const std::size_t space = where.find(' ');
  for (const Face face : {Face::hero, Face::strong}) {
    if (p.width(face, where) <= most)
      return {{face, color, where}};
    if (space == std::string::npos)
      continue;
    const std::string first = where.substr(0, space);
    const std::string second = where.substr(space + 1);
    if (std::max(p.width(face, first), p.width(face, second)) <= most)
      return {{face, color, first}, {face, color, second}};
  }
  return {{Face::strong, color, where}};
}

/// The room for a line at `y`, or 0 if that is outside of the hole.
float chord_of(const Painter& p, const Wheel& wheel, float height, float y) {
  const float reach = std::fabs(y + height / 2 - wheel.centre.y) + height * 0.4F;
  return reach > wheel.hole * 0.88F ? 0 : 2 * std::sqrt(wheel.hole * wheel.hole - reach * reach) - p.px(6);
}

/// Writes a line into the hole, its top at `y`. False if there is no room for it.
bool draw_centred(Painter& p, const Wheel& wheel, const CentreLine& line, float y) {
  const float chord = chord_of(p, wheel, line.height(p), y);
  const bool cut = p.width(line.face, line.text) > chord;
  if (line.text.empty() || chord <= 0 || (cut && chord < p.px(70)))
    return false;  // too little of it would be left
  p.text_fit({wheel.centre.x, y + line.height(p) / 2}, line.face, line.color, line.text, chord, Align::centre);
  return true;
}

/// Writes the longest wording that fits, or the shortest one cut.
void draw_longest(Painter& p, const Wheel& wheel, CentreLine line, const std::vector<std::string>& wordings,
                  float y) {
  const float chord = chord_of(p, wheel, line.height(p), y);
  for (const std::string& wording : wordings) {
    line.text = wording;
    if (p.width(line.face, wording) <= chord)
      break;
  }
  draw_centred(p, wheel, line, y);
}

/// The large words keep their place while the lines above and below them come and go. A line that does not fit is left out.
void draw_words(Painter& p, const Wheel& wheel, const WheelWords& words, const std::vector<std::string>& third) {
  const Theme& theme = p.theme();
  const float most = wheel.hole * 1.66F;
  const CentreLine term{Face::small, theme.text_dim, words.term};
  const CentreLine detail{Face::mono_small, theme.text_dim,
                          p.width(Face::mono_small, words.detail) <= most ? words.detail : words.brief};
  const std::vector<CentreLine> large = large_lines(p, words.where, most);
  float y = wheel.centre.y - (height_of(p, large) + detail.height(p) * 0.8F) / 2;
  draw_centred(p, wheel, term, y - term.height(p));
  for (const CentreLine& line : large) {
    draw_centred(p, wheel, line, y);
    y += line.height(p);
  }
  if (draw_centred(p, wheel, detail, y))
    y += detail.height(p);
  draw_longest(p, wheel, {Face::small, theme.text_faint, {}}, third, y);
}

}  // namespace

void draw_loop(Painter& p, const Rect& area, const TraceSource& source, const Digest& digest) {
  const Theme& theme = p.theme();
  const tracer::Present& present = digest.present;
  const bool recorded = present.level > tracer::Level::off;
  Rect inner = p.card(area, "The loop", recorded ? "iteration " + tracer::count_text(digest.iteration) : "");
  const std::vector<Phase> order = order_of(source.trace().header());
  if (order.empty()) {
    p.text_fit(inner.centre(), Face::body, theme.text_dim,
               "The session does not say in which order its phases run.", inner.width(), Align::centre);
    return;
  }
  const std::vector<Piece> pieces = pieces_of(order, digest);
  const bool known = std::any_of(pieces.begin(), pieces.end(), [](const Piece& piece) { return piece.share > 0; });
  const auto widened = static_cast<std::size_t>(
      std::count_if(pieces.begin(), pieces.end(), [](const Piece& piece) { return piece.arc.widened; }));
  const std::string note = !known        ? "nothing is known of the last second"
                           : widened > 0 ? "arcs go by time; small ones are drawn wider"
                                         : "arcs go by time";
  const Rect foot = inner.cut_bottom(p.height(Face::tiny) * 1.3F);
  p.text_fit({inner.centre().x, foot.centre().y}, Face::tiny, theme.text_faint, note, inner.width(),
             Align::centre);

  const float label_room = p.width(Face::small, "prepare") + p.px(18);
  const float radius = std::max(std::min(inner.width() / 2 - label_room, inner.height() / 2 - p.px(30)), p.px(44));
  const Wheel wheel{inner.centre(), radius, radius - std::max(radius * 0.25F, p.px(13))};
  draw_ring(p, wheel, pieces);
  draw_labels(p, wheel, inner, pieces, known);

  const std::int64_t poll_ns = digest.at_ns - source.trace().to_ns(present.poll_begin_ticks);
  for (const Piece& piece : pieces) {
    if (piece.active)
      draw_hand(p, wheel, hand_angle(piece.arc, present, poll_ns));
  }

  WheelWords words = wheel_words(present, poll_ns, seen_of(digest.state));
  if (digest.state == ProgramState::stopped)
    words.detail = words.brief = "stopped";
  else if (digest.hang && digest.hang->kind != tracer::Hang::Kind::overdue_poll)
    words.held_for(digest.hang->held_text());
  draw_words(p, wheel, words, third_line(source, digest));
}

}  // namespace loopscope::gui
