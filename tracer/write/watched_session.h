#pragma once
/// A session and the watchdog that looks at its loop. The watchdog lets go of it before its memory goes.
///
/// Thread: the loop's. Owner: of the session. Errors: none. Without watch_with() nobody looks.

#include <memory>
#include <optional>
#include <utility>

#include "tracer/write/watchdog.h"
#include "tracer/write/writable_session.h"

namespace loopscope::tracer {

class WatchedSession {
 public:
  explicit WatchedSession(std::unique_ptr<WritableSession> session) : session_(std::move(session)) {}
  ~WatchedSession() { let_go(); }
  WatchedSession(const WatchedSession&) = delete;
  WatchedSession& operator=(const WatchedSession&) = delete;

  [[nodiscard]] WritableSession& session() const { return *session_; }

  /// From the next run on. Both outlive this object.
  void watch_with(Watchdog& watchdog, StackSource& stacks);
  /// After fork(), in the child.
  void disown();

  /// The loop runs from now on, in the thread that calls this. `recorded`: at a level above off.
  void loop_runs(bool recorded);
  /// Keeps the latest stall for the program itself from now on. See LatestStall.
  void want_stalls() {
    if (loop_ != nullptr)
      loop_->latest_stall().want();
  }
  std::optional<StallPlace> take_stall() { return loop_ != nullptr ? loop_->latest_stall().take() : std::nullopt; }
  /// It is back from a poll in which it slept.
  void loop_turns() const {
    if (watchdog_ != nullptr)
      watchdog_->loop_turns();
  }

 private:
  void let_go();

  std::unique_ptr<WritableSession> session_;
  Watchdog* watchdog_ = nullptr;
  std::unique_ptr<WatchedLoop> loop_;  ///< what the watchdog has of it
  bool added_ = false;                 ///< to the watchdog, from the first run on
};

}  // namespace loopscope::tracer
