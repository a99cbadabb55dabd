#pragma once
/// The digest that the screen shows, and when it is made again.
///
/// Numbers change only a few times a second so that people can read them. But they must never contradict the picture beside
/// them. So a new digest is due at once when the view is paused or resumed, when what held the loop has ended, and when the
/// program has ended. All cards then show one moment.
/// Thread: the app's one. Errors: none. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>

#include "gui/model/digest.h"

namespace loopscope::gui {

class LatestDigest {
 public:
  /// Makes a new digest if one is due.
  void refresh(const TraceSource& source, const Calibration& calibration);
  /// Makes refresh() make a new digest in any case.
  void expire() { made_ = false; }
  /// True if the digest contradicts what the source shows now, so that the next frame must not wait.
  [[nodiscard]] bool outdated(const TraceSource& source) const;

  [[nodiscard]] const Digest& operator*() const { return digest_; }
  [[nodiscard]] const Digest* operator->() const { return &digest_; }

 private:
  Digest digest_;
  bool made_ = false;
  bool of_held_view_ = false;  ///< the view was paused when the digest was made
};

}  // namespace loopscope::gui
