#include "gui/loop_view.h"

#include <cmath>
#include <numbers>

#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::Phase;

namespace {

constexpr float kTau = 2 * std::numbers::pi_v<float>;
constexpr float kLeastAngle = kTau * 0.066F;  ///< so that every phase can be pointed at
constexpr double kReadable = 0.25;            ///< seconds between changes of the text

struct Piece {
  Phase phase;
  float from;
  float to;
};

std::vector<Phase> order_of(const tracer::SessionHeader& header) {
  std::vector<Phase> order;
  for (const std::uint8_t value : header.phase_order) {
    if (value > 0 && value < tracer::kPhaseCount)
      order.push_back(static_cast<Phase>(value));
  }
  return order;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

void LoopView::draw(Painter& p, const Rect& area, const TraceSource& source, const Digest& digest, bool frozen,
                    double seconds) {
  const Theme& theme = p.theme();
  Rect inner = p.card(area, "The loop", "iteration " + tracer::count_text(digest.iteration));
  if (!frozen && (looked_ < 0 || seconds - looked_ > kReadable)) {
    looked_ = seconds;
    shown_ = source.present();
    shown_ns_ = source.now_ns();
    sockets_ = digest.handles.size();
  }
  if (looked_ < 0) {
    looked_ = 0;
    shown_ = source.present();
    shown_ns_ = source.now_ns();
    sockets_ = digest.handles.size();
  }
  const std::vector<Phase> order = order_of(source.session().header());
  if (order.empty()) {
    p.text(inner.centre(), Face::body, theme.text_dim, "The session does not say in which order its phases run.",
           Align::centre);
    return;
  }

  const bool narrow = inner.width() < p.px(250);
  const float label_room = p.px(narrow ? 56 : 72);
  const float radius = std::max(std::min(inner.width() / 2 - label_room, inner.height() / 2 - p.px(34)), p.px(50));
  const Point centre{inner.centre().x, inner.centre().y};
  const float outer = radius;
  const float thickness = std::max(radius * 0.25F, p.px(14));
  const float hole = outer - thickness;

  // Angles: a least one each, the rest by share of the last second, eased.
  float sum = 0;
  const std::int64_t known = digest.second.total_ns() - digest.second.times[tracer::Activity::unknown];
  for (const Phase phase : order) {
    const auto i = static_cast<std::size_t>(phase);
    const float target =
        known > 0 ? static_cast<float>(digest.second.phase_ns(phase)) / static_cast<float>(known) : 0;
    shares_[i] += (target - shares_[i]) * (frozen ? 1.0F : 0.15F);
    sum += std::sqrt(shares_[i]);  // the root keeps a small share visible beside a large one
  }
  std::vector<Piece> pieces;
  float angle = -kTau / 4;
  const float spare = kTau - kLeastAngle * static_cast<float>(order.size());
  for (const Phase phase : order) {
    const float root = std::sqrt(shares_[static_cast<std::size_t>(phase)]);
    const float part = sum > 0.01F ? root / sum : 1.0F / static_cast<float>(order.size());
    const float size = kLeastAngle + spare * part;
    pieces.push_back({phase, angle, angle + size});
    angle += size;
  }

  const bool runs = shown_.running != 0 && !source.ended();
  const Phase now = shown_.phase;
  const float gap = p.px(1.6F) / outer;
  const Piece* active = nullptr;
  for (const Piece& piece : pieces) {
    const bool is_active = piece.phase == now && now != Phase::none;
    if (is_active)
      active = &piece;
    const Color hue = theme.phase(piece.phase);
    const Color color = is_active ? mix(theme.card, hue, 1.0F) : mix(theme.card, hue, theme.dark ? 0.58F : 0.75F);
    const float grow = is_active ? p.px(7) : 0;
    p.ring(centre, hole, outer + grow, piece.from + gap, piece.to - gap, color);
    const float middle = (piece.from + piece.to) / 2;
    const float cx = std::cos(middle);
    const float cy = std::sin(middle);
    const Align align = cx > 0.04F ? Align::left : cx < -0.04F ? Align::right : Align::centre;
    const float share = shares_[static_cast<std::size_t>(piece.phase)];
    const bool with_share = known > 0 && share >= 0.0005F;
    const std::string label =
        piece.phase == Phase::poll && !narrow ? "poll for I/O" : tracer::phase_text(piece.phase);
    // The block of text is pushed out along the ray until it clears the ring.
    const float line = p.height(Face::small) * 1.15F;
    const float block = line * (with_share ? 2.0F : 1.0F);
    const float reach = outer + grow + p.px(9);
    const Point at{centre.x + cx * reach, centre.y + cy * (reach + block / 2) - block / 2 + line / 2};
    p.text(at, is_active ? Face::strong : Face::small, is_active ? theme.text : theme.text_dim, label, align);
    if (with_share)
      p.text({at.x, at.y + line}, Face::mono_tiny, theme.text_faint, tracer::percent_text(share), align);
  }
  if (active != nullptr) {
    p.ring_outline(centre, hole, outer + p.px(7), active->from + gap, active->to - gap, theme.text, p.px(1.8F));
  }

  // The hand: for a sleeping poll it turns with the time slept.
  if (active != nullptr) {
    float progress = 0.5F;
    if (now == Phase::poll && shown_.poll_timeout_ms > 0) {
      const auto slept = static_cast<float>(shown_ns_ - source.session().to_ns(shown_.poll_begin_ticks)) / 1e6F;
      progress = std::clamp(slept / static_cast<float>(shown_.poll_timeout_ms), 0.06F, 0.94F);
    }
    const float target = active->from + (active->to - active->from) * progress;
    float turn = std::remainder(target - hand_, kTau);
    hand_ += turn * (frozen ? 1.0F : 0.35F);
    const Point tip{centre.x + std::cos(hand_) * (hole - p.px(5)), centre.y + std::sin(hand_) * (hole - p.px(5))};
    const Point root{centre.x + std::cos(hand_) * (hole - p.px(20)),
                     centre.y + std::sin(hand_) * (hole - p.px(20))};
    p.line(root, tip, theme.text, p.px(2.4F));
    p.dot(tip, p.px(3.6F), theme.text);
  }

  // The centre: where it is now.
  const float most = hole * 1.55F;
  std::string word = now == Phase::none ? (runs ? "RUNNING" : "NOT RUNNING") : upper(tracer::phase_text(now));
  std::string second_line;
  std::string third_line;
  if (source.ended()) {
    second_line = "when it ended";
  } else if (now == Phase::poll) {
    const std::int64_t slept =
        std::max<std::int64_t>(shown_ns_ - source.session().to_ns(shown_.poll_begin_ticks), 0);
    second_line = shown_.poll_timeout_ms > 0
                      ? tracer::duration_text(slept) + " of " + tracer::timeout_text(shown_.poll_timeout_ms)
                  : shown_.poll_timeout_ms < 0 ? tracer::duration_text(slept) + ", no limit"
                                               : "does not sleep";
  } else if (now == Phase::idle) {
    second_line = "runs the ready queue";
  }
  if (shown_.callback_depth > 0 && shown_.callback_name != tracer::kNoName) {
    third_line = tracer::callable_text(source.name(shown_.callback_name), shown_.callback_kind);
  } else if (now == Phase::poll && !source.ended()) {
    third_line = tracer::count_text(sockets_) + (sockets_ == 1 ? " handle open" : " handles open");
  }
  const bool roomy = hole > p.px(62);
  const Face big = p.width(Face::hero, word) < most ? Face::hero : Face::strong;
  p.text_fit({centre.x, centre.y - (roomy ? p.px(16) : p.px(8))}, big, theme.text, word, most, Align::centre);
  if (!roomy && p.width(Face::mono_small, second_line) > most)
    second_line = second_line.substr(0, second_line.find(" of "));
  p.text_fit({centre.x, centre.y + p.px(12)}, Face::mono_small, theme.text_dim, second_line, most, Align::centre);
  if (roomy)
    p.text_fit({centre.x, centre.y + p.px(32)}, Face::small, theme.text_faint, third_line, most, Align::centre);
}

}  // namespace loopscope::gui
