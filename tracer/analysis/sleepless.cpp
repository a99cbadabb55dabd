#include "tracer/analysis/sleepless.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "tracer/analysis/time_budget.h"

namespace loopscope::tracer {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr double kLeastShare = 0.05;
constexpr std::size_t kMostNamed = 3;

struct Part {
  NameId name = kNoName;
  CallbackKind kind = CallbackKind::unknown;
  std::uint64_t calls = 0;
  std::int64_t ns = 0;
};

/// What the callbacks in [from, last) did, by name, the longest first.
std::vector<Part> parts_of(const CallbackColumn& callbacks, std::uint64_t from) {
  std::unordered_map<NameId, Part> by_name;
  for (std::uint64_t i = from; i < callbacks.last(); ++i) {
    const CallbackSlice& slice = callbacks[i];
    Part& part = by_name[slice.name];
    part.name = slice.name;
    part.kind = slice.kind;
    ++part.calls;
    part.ns = add_ns(part.ns, slice.duration_ns());
  }
  std::vector<Part> parts;
  for (const auto& [name, part] : by_name) parts.push_back(part);
  std::sort(parts.begin(), parts.end(), [](const Part& left, const Part& right) {
    return left.ns != right.ns ? left.ns > right.ns : left.name < right.name;
  });
  return parts;
}

void name_the_busiest(Finding& finding, const CallbackColumn& callbacks, const NameLookup& names,
                      std::uint64_t from, std::int64_t now_ns, bool all) {
  const std::int64_t begin_ns = std::max(callbacks[from].begin_ns, now_ns - kSecond);
  const auto whole = static_cast<double>(std::max<std::int64_t>(now_ns - begin_ns, 1));
  std::string text;
  std::size_t named = 0;
  for (const Part& part : parts_of(callbacks, from)) {
    const double share = std::min(static_cast<double>(part.ns) / whole, 1.0);
    if (named == kMostNamed || (named > 0 && share < kLeastShare))
      break;
    if (++named == 1) {
      finding.name = part.name;
      finding.place = place_text(names(part.name));
    }
    const std::string least = all ? " " : " at least ";
    text += (named == 1 ? " " : ", ") + callable_text(names(part.name), part.kind) + least +
            count_text(part.calls) + (part.calls == 1 ? " time" : " times") + " for" + least +
            percent_text(share) + " of the time";
  }
  finding.begin_ns = begin_ns;
  finding.end_ns = now_ns;
  finding.detail += " In the last " + duration_text(now_ns - begin_ns) + " ran" + text + ".";
}

}  // namespace

std::optional<Finding> find_sleepless(const TraceModel& model, const NameLookup& names, std::int64_t now_ns,
                                      std::optional<std::int64_t> awake_since_ns) {
  const std::int64_t since_ns = now_ns - kSecond;
  const TimeBudget second = time_budget(model, since_ns, now_ns);
  const auto& polls = model.polls();
  const std::uint64_t count = polls.last() - polls.first_beginning_at(since_ns);
  const bool all = second.times[Activity::unknown] == 0;
  const bool known = all || (awake_since_ns && *awake_since_ns <= since_ns);
  if (!known || second.times[Activity::poll_asleep] > 0 || second.times[Activity::stopped] > 0 || count < 2)
    return std::nullopt;
  Finding finding{FindingRule::never_sleeps, Severity::note, {}, {}, {}, kNoName, 0, 0, kSecond};
  finding.title = "The loop never slept in the last second";
  finding.detail = "Something was ready at each of its " + (all ? count_text(count) + " polls." : "polls.");
  const auto& callbacks = model.callbacks();
  std::uint64_t from = callbacks.first_ending_after(since_ns);
  if (from == callbacks.last())
    return finding;
  from = std::max(from, callbacks.last() - std::min(callbacks.size(), kMostLookedAt));
  name_the_busiest(finding, callbacks, names, from, now_ns, all);
  return finding;
}

}  // namespace loopscope::tracer
