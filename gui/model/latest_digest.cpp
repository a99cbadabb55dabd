#include "gui/model/latest_digest.h"

#include <cstdlib>

namespace loopscope::gui {

namespace {

/// True if the digest says that something holds the loop, and that has ended.
bool hang_is_over(const Digest& digest, const TraceSource& source) {
  return digest.hang && tracer::is_over(*digest.hang, source.model());
}

}  // namespace

bool LatestDigest::outdated(const TraceSource& source) const {
  if (!made_ || of_held_view_ != source.held() || hang_is_over(digest_, source))
    return true;
  return source.ended() && digest_.at_ns != source.now_ns();
}

void LatestDigest::refresh(const TraceSource& source, const Calibration& calibration) {
  if (!outdated(source) && std::llabs(source.now_ns() - digest_.at_ns) < kDigestNs)
    return;
  digest_ = make_digest(source, calibration);
  made_ = true;
  of_held_view_ = source.held();
}

}  // namespace loopscope::gui
