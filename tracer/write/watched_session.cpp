#include "tracer/write/watched_session.h"

namespace loopscope::tracer {

void WatchedSession::watch_with(Watchdog& watchdog, StackSource& stacks) {
  let_go();
  watchdog_ = &watchdog;
  loop_ = std::make_unique<WatchedLoop>(*session_, stacks);
}

void WatchedSession::let_go() {
  if (std::exchange(added_, false))
    watchdog_->remove(*loop_);
  watchdog_ = nullptr;
  loop_.reset();
}

void WatchedSession::disown() {
  let_go();
  session_->disown();
}

void WatchedSession::loop_runs(bool recorded) {
  if (loop_ == nullptr)
    return;
  loop_->run(recorded);
  if (!std::exchange(added_, true))
    watchdog_->add(*loop_);
  if (recorded)
    watchdog_->loop_turns();
}

}  // namespace loopscope::tracer
