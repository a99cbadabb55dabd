#include "tracer/analysis/judged_span.h"

#include "tracer/analysis/wording.h"

namespace loopscope::tracer {

Judged judge(const CpuWaits& waits, std::int64_t begin_ns, std::int64_t end_ns) {
  return {end_ns - begin_ns, waits.at_most_ns(begin_ns, end_ns), waits.sampled() && begin_ns < waits.begin_ns(),
          waits.sampled(), waits.on_cpu(begin_ns, end_ns)};
}

std::string sure_text(const Judged& judged) {
  return judged.cpu_wait_ns > 0 ? "at least " + duration_text(judged.rest_ns()) : duration_text(judged.whole_ns);
}

std::string cpu_text(const Judged& judged) {
  std::string text;
  const std::string whole = duration_text(judged.whole_ns);
  if (judged.cpu_wait_ns > 0)
    text = " For up to " + duration_text(judged.cpu_wait_ns) + " of the " + whole +
           " the thread waited for a CPU (sampled).";
  if (!judged.sampled)
    return text;
  if (judged.on_cpu.at_most_ns * 2 < judged.whole_ns) {
    text += " The thread was on a CPU for at most " + duration_text(judged.on_cpu.at_most_ns) + " of the " +
            whole + " (sampled).";
    if (judged.blocked_ns() * 5 > judged.whole_ns)
      text += " For at least " + duration_text(judged.blocked_ns()) +
              " it slept, or waited for the GIL or for I/O: which of them is not known.";
  } else if (judged.on_cpu.at_least_ns * 2 > judged.whole_ns) {
    text += " The thread was on a CPU for at least " + duration_text(judged.on_cpu.at_least_ns) + " of the " +
            whole + " (sampled).";
  }
  return text;
}

}  // namespace loopscope::tracer
