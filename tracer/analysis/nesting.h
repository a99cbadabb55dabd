#pragma once
/// The callbacks that have begun and not ended, outermost first, as everybody who follows a trace keeps them.

#include <cstddef>
#include <vector>

namespace loopscope::tracer {

/// No program's callbacks nest so deep. If more are open, the ends of some are missing.
inline constexpr std::size_t kDeepest = 4096;

/// To be called before one more is put on `open`.
template <typename Callback>
void forget_if_too_deep(std::vector<Callback>& open) {
  if (open.size() == kDeepest)
    open.clear();
}

}  // namespace loopscope::tracer
