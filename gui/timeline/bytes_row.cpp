#include "gui/timeline/bytes_row.h"

#include <algorithm>
#include <cmath>

#include "gui/timeline/folding.h"
#include "gui/timeline/timeline_words.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

namespace {

constexpr std::size_t kIn = 0;  // the number of its strip

using Transfers = tracer::Column<tracer::TransferSlice, tracer::ByteSum>;

/// 64 B is a third of the strip, and each factor of 16 adds a sixth.
float height_of(std::uint64_t bytes) {
  const float height = 0.33F + 0.042F * std::log2(std::max(static_cast<float>(bytes) / 64.0F, 1.0F));
  return std::clamp(height, 0.33F, 1.0F);
}

void lay_transfers(std::vector<Mark>& marks, const Transfers& column, const Viewport& viewport) {
  const std::int64_t cell = cell_ns(viewport);
  std::uint64_t i = column.first_beginning_at(viewport.begin_ns());
  while (i < column.last() && column[i].begin_ns < viewport.end_ns()) {
    const std::int64_t begin = column[i].begin_ns;
    const std::uint64_t end = column.first_beginning_at((begin / cell + 1) * cell, i + 1);
    Mark mark = place(viewport, begin, begin + cell);
    mark.end_ns = column[end - 1].end_ns;
    mark.count = end - i;
    mark.index = i;
    mark.bytes = column.summarise(i, end).bytes;
    mark.y0 = 1 - height_of(mark.bytes);
    push(marks, mark);
    i = end;
  }
}

}  // namespace

void BytesRow::lay_out(const Scene& scene, const Rect& area) {
  Rect rest = area;
  const Rect out = rest.cut_bottom(area.height() * 0.47F);
  rest.cut_bottom(area.height() * 0.06F);
  const auto add = [&](const Rect& strip, const char* label, const Transfers& column) {
    lay_transfers(add_strip(scene, strip, label, column.dropped_until_ns()).marks, column, scene.viewport);
  };
  add(rest, "Bytes in", scene.model.reads());
  add(out, "Bytes out", scene.model.writes());
}

void BytesRow::draw(Painter& p, const TraceSource& /*source*/, tracer::NameId /*selected*/) const {
  for (std::size_t i = 0; i < strips_.size(); ++i) {
    for (const Mark& mark : strips_[i].marks)
      p.fill(rect_of(strips_[i], mark).inset(0, p.px(0.5F)), i == kIn ? p.theme().read : p.theme().write);
  }
}

Lines BytesRow::describe(const TraceSource& /*source*/, std::size_t strip, const Mark& mark) const {
  const std::string bytes = tracer::bytes_text(static_cast<double>(mark.bytes));
  return {bytes + (strip == kIn ? " read" : " written"), count_of(mark.count, "call", "calls")};
}

}  // namespace loopscope::gui
