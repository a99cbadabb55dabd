#include "tracer/analysis/judged_span.h"

#include "tracer/analysis/wording.h"

namespace loopscope::tracer {

namespace {

/// "for at most 2.2 ms" on a CPU, if that says something: less than half of the time, or more. Else empty.
std::string share_on_cpu(const Judged& judged) {
  if (!judged.sampled)
    return {};
  if (judged.on_cpu.at_most_ns * 2 < judged.whole_ns)
    return "for at most " + duration_text(judged.on_cpu.at_most_ns);
  if (judged.on_cpu.at_least_ns * 2 > judged.whole_ns)
    return "for at least " + duration_text(judged.on_cpu.at_least_ns);
  return {};
}

}  // namespace

Judged judge(const CpuWaits& waits, std::int64_t begin_ns, std::int64_t end_ns) {
  return {end_ns - begin_ns, waits.at_most_ns(begin_ns, end_ns), waits.sampled() && begin_ns < waits.begin_ns(),
          waits.sampled(),   waits.on_cpu(begin_ns, end_ns),     waits.off_cpu(begin_ns, end_ns)};
}

std::string sure_text(const Judged& judged) {
  return judged.rest_ns() < judged.whole_ns ? "at least " + duration_text(judged.rest_ns())
                                            : duration_text(judged.whole_ns);
}

std::string cpu_text(const Judged& judged) {
  std::string text;
  const std::string whole = " of the " + duration_text(judged.whole_ns);
  const std::string on_cpu = share_on_cpu(judged);
  if (judged.cpu_wait_ns > 0)
    text = " For up to " + duration_text(judged.cpu_wait_ns) + whole + " the thread waited for a CPU" +
           (on_cpu.empty() ? "" : ", and it was on one " + on_cpu) + " (sampled).";
  else if (!on_cpu.empty())
    text = " The thread was on a CPU " + on_cpu + whole + " (sampled).";
  if (judged.off_cpu.stopped_at_least_ns * 5 > judged.whole_ns)
    text += " For at least " + duration_text(judged.off_cpu.stopped_at_least_ns) +
            " it was stopped, by a signal or a debugger.";
  if (judged.off_cpu.asleep_at_least_ns * 5 > judged.whole_ns)
    text += " For at least " + duration_text(judged.off_cpu.asleep_at_least_ns) +
            " it slept, or waited for a lock (the GIL is one) or for I/O: which of them is not known.";
  return text;
}

}  // namespace loopscope::tracer
