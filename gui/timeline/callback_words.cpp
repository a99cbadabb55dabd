#include "gui/timeline/callback_words.h"

#include "tracer/analysis/blame.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::callable_text;
using tracer::duration_text;

tracer::CallbackSlice so_far(tracer::CallbackSlice slice, const Mark& mark) {
  slice.end_ns = slice.begin_ns + mark.worst_ns;
  return slice;
}

Lines describe_callback(const TraceSource& source, const tracer::CallbackSlice& slice, const Mark& mark) {
  const tracer::Name name = source.name(slice.name);
  Lines lines{callable_text(name, slice.kind)};
  if (!name.file.empty())
    lines.push_back(tracer::full_place_text(name));
  lines.push_back(std::string(tracer::kind_text(slice.kind)) + " · " + (mark.open ? "running for " : "ran ") +
                  duration_text(slice.duration_ns()));
  if (slice.waited_ns() > 0) {
    std::string waited = "waited " + duration_text(slice.waited_ns());
    if (const auto culprit = tracer::blame(source.model(), slice); culprit && culprit->share_ns > 1000) {
      waited += ", " + duration_text(culprit->share_ns) + " of it behind " +
                callable_text(source.name(culprit->culprit.name), culprit->culprit.kind);
    }
    lines.push_back(waited);
  }
  if (mark.count > 1)
    lines.push_back("longest of " + tracer::count_text(mark.count) + " in this mark");
  return lines;
}

}  // namespace loopscope::gui
