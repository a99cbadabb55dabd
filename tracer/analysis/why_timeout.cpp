#include "tracer/analysis/why_timeout.h"

#include <array>

#include "tracer/analysis/wording.h"

namespace loopscope::tracer {

namespace {

struct Question {
  PollReason reason;
  const char* holds;
  const char* decides;
};

/// In the order in which libuv asks; the timer comes last.
constexpr std::array<Question, 4> kQuestions{{
    {PollReason::stopping, "no stop()", "stop() was called"},
    {PollReason::nothing_to_wait_for, "something to wait for", "nothing to wait for"},
    {PollReason::ready_callbacks, "ready queue empty", "callbacks are ready"},
    {PollReason::closing_handles, "nothing closing", "handles are closing"},
}};

std::vector<TimeoutCheck> checks_for(PollReason reason) {
  std::vector<TimeoutCheck> checks;
  if (reason == PollReason::unknown || reason == PollReason::not_waiting)
    return checks;
  bool decided = false;
  for (const Question& question : kQuestions) {
    const bool decides = question.reason == reason;
    const CheckMark mark = decides ? CheckMark::decides : decided ? CheckMark::not_asked : CheckMark::holds;
    checks.push_back({mark, decides ? question.decides : question.holds});
    decided = decided || decides;
  }
  return checks;
}

}  // namespace

const char* reason_text(PollReason reason) {
  switch (reason) {
    case PollReason::unknown:
      return "not known";
    case PollReason::stopping:
      return "stop() was called";
    case PollReason::closing_handles:
      return "handles are closing";
    case PollReason::ready_callbacks:
      return "callbacks are ready";
    case PollReason::nothing_to_wait_for:
      return "nothing to wait for";
    case PollReason::timer_due:
      return "a timer is due";
    case PollReason::until_timer:
      return "until the next timer";
    case PollReason::forever:
      return "until an I/O event";
    case PollReason::not_waiting:
      return "asked not to wait";
  }
  return "not known";
}

WhyTimeout why_timeout(PollReason reason, std::int32_t timeout_ms, const Name* culprit) {
  WhyTimeout why;
  why.checks = checks_for(reason);
  if (culprit != nullptr) {
    why.culprit = callable_text(*culprit);
    why.culprit_place = place_text(*culprit);
  }
  const std::string subject = why.culprit.empty() ? "The next timer " : "";
  const std::string sleep = timeout_text(timeout_ms);
  why.headline = "The loop does not sleep, because";
  switch (reason) {
    case PollReason::unknown:
      why.headline = timeout_ms < 0 ? "The loop may sleep without limit." : "The loop may sleep " + sleep + ".";
      why.sentence = "The reason is not recorded.";
      break;
    case PollReason::stopping:
      why.sentence = "stop() was called: the loop finishes this iteration.";
      break;
    case PollReason::closing_handles:
      why.sentence = "handles wait for their closing callback.";
      why.culprit_phase = Phase::closing;
      break;
    case PollReason::ready_callbacks:
      why.sentence = why.culprit.empty() ? "callbacks wait in the ready queue." : "is ready to run";
      why.culprit_phase = Phase::idle;
      why.footnote = "It only asks the kernel for events, then goes on.";
      break;
    case PollReason::nothing_to_wait_for:
      why.sentence = "nothing keeps the loop alive: it is about to end.";
      break;
    case PollReason::timer_due:
      why.sentence = subject + "is due now";
      why.culprit_phase = Phase::timers;
      why.footnote = "It only asks the kernel for events, then runs the timer.";
      break;
    case PollReason::until_timer:
      why.headline = "The loop may sleep " + sleep + ", because";
      why.sentence = subject + "is due in " + sleep;
      why.culprit_phase = Phase::timers;
      why.footnote = "An I/O event or call_soon_threadsafe() wakes it sooner.";
      break;
    case PollReason::forever:
      why.headline = "The loop may sleep without limit, because";
      why.sentence = "no timer is set.";
      why.culprit_phase = Phase::poll;
      why.footnote = "An I/O event, a signal or call_soon_threadsafe() wakes it.";
      break;
    case PollReason::not_waiting:
      why.sentence = "the program asked for one pass that does not wait.";
      break;
  }
  if (why.culprit.empty() && !why.sentence.empty() && reason != PollReason::unknown) {
    const bool own_subject = reason == PollReason::until_timer || reason == PollReason::timer_due;
    if (own_subject)
      why.sentence[0] = 't';
    if (own_subject)
      why.sentence += '.';
  }
  return why;
}

}  // namespace loopscope::tracer
