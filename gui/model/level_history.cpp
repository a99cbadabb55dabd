#include "gui/model/level_history.h"

#include <algorithm>

namespace loopscope::gui {

using tracer::Level;

void LevelHistory::add(const tracer::TraceEvent& event) {
  if (event.type == tracer::EventType::level_changed)
    change(event.t_ns, event.level());
}

void LevelHistory::set_now(Level level, std::int64_t t_ns) {
  if (!looked_) {
    looked_ = true;
    found_ = Change{t_ns, level};
  }
  const bool said_before = level == now_;
  now_ = level;
  if (said_before && !changes_.empty() && changes_.back().level != level)
    change(std::max(t_ns, changes_.back().t_ns), level);
}

void LevelHistory::change(std::int64_t t_ns, Level level) {
  if (changes_.size() == kMostChanges) {
    changes_.erase(changes_.begin(), changes_.begin() + kMostChanges / 2);
    found_.reset();
  }
  changes_.push_back({t_ns, level});
}

std::vector<BelowLevel> LevelHistory::below(Level needed, std::int64_t begin_ns, std::int64_t end_ns) const {
  std::vector<BelowLevel> found;
  const auto put = [&](std::int64_t from, std::int64_t to, Level level) {
    from = std::max(from, begin_ns);
    to = std::min(to, end_ns);
    if (level >= needed || from >= to)
      return;
    if (!found.empty() && found.back().level == level && found.back().end_ns == from)
      found.back().end_ns = to;
    else
      found.push_back({from, to, level});
  };
  if (changes_.empty())
    put(begin_ns, end_ns, now_);
  else if (found_ && changes_.front().t_ns >= found_->t_ns)
    put(begin_ns, changes_.front().t_ns, found_->level);
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    const bool last = i + 1 == changes_.size();
    put(changes_[i].t_ns, last ? end_ns : changes_[i + 1].t_ns, changes_[i].level);
  }
  return found;
}

}  // namespace loopscope::gui
