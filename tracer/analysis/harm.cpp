#include "tracer/analysis/harm.h"

#include <algorithm>

#include "tracer/analysis/wording.h"

namespace loopscope::tracer {

namespace {

/// The kernel tells at once what was ready before it was asked. If it had to wait, it is not known what was ready.
void look_at_next_poll(const TraceModel& model, const CallbackSlice& culprit, Harm& harm) {
  const auto& polls = model.polls();
  const std::uint64_t i = polls.first_beginning_at(culprit.end_ns);
  if (i == polls.last())
    return;
  const PollSlice& next = polls[i];
  harm.polled = true;
  harm.io_events = next.io_events;
  harm.poll_after_ns = (next.timeout_ms == 0 ? next.begin_ns : next.wake_ns) - culprit.end_ns;
}

std::string counted(std::uint64_t count, const char* one, const char* many) {
  return count_text(count) + " " + (count == 1 ? one : many);
}

}  // namespace

Harm harm(const TraceModel& model, std::uint64_t index) {
  const auto& callbacks = model.callbacks();
  const CallbackSlice culprit = callbacks[index];
  Harm harm;
  const std::uint64_t stop = std::min(callbacks.last(), index + 1 + kMostLookedAt);
  for (std::uint64_t i = index + 1; i < stop; ++i) {
    const CallbackSlice& other = callbacks[i];
    if (other.ready_ns <= 0 || other.ready_ns >= culprit.end_ns)
      continue;
    if (other.kind == CallbackKind::timer) {
      ++harm.overdue;
    } else {
      ++harm.waited;
      harm.longest_wait_ns = std::max(harm.longest_wait_ns, other.waited_ns());
    }
    harm.total_wait_ns = add_ns(harm.total_wait_ns, culprit.end_ns - std::max(culprit.begin_ns, other.ready_ns));
  }
  look_at_next_poll(model, culprit, harm);
  return harm;
}

std::string harm_text(const Harm& harm) {
  constexpr std::int64_t kAtOnceNs = 1'000'000;
  const bool at_once = harm.polled && harm.poll_after_ns <= kAtOnceNs;
  std::string text;
  if (harm.waited > 0)
    text = counted(harm.waited, "callback", "callbacks") + " waited behind it; longest " +
           duration_text(harm.longest_wait_ns) + ". ";
  std::string when_it_ended;
  if (at_once && harm.io_events > 0)
    when_it_ended = counted(harm.io_events, "descriptor was ready", "descriptors were ready");
  if (harm.overdue > 0)
    when_it_ended.append(when_it_ended.empty() ? "" : " and ")
        .append(counted(harm.overdue, "timer was overdue", "timers were overdue"));
  if (!when_it_ended.empty())
    text += when_it_ended + " when it ended. ";
  if (!at_once && harm.io_events > 0)
    text += "The next poll, " + duration_text(harm.poll_after_ns) + " after it, brought " +
            counted(harm.io_events, "I/O event. ", "I/O events. ");
  if (text.empty())
    text = at_once ? "Nothing else was ready when it ended, but nothing else could have run. "
                   : "It is not known that anything waited for it, but nothing else could have run. ";
  text.pop_back();
  return text;
}

}  // namespace loopscope::tracer
