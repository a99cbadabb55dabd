#include "tracer/analysis/stall_words.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "tracer/read/printable.h"

namespace loopscope::tracer {

namespace {

constexpr std::size_t kDoings = 6;
using Votes = std::array<std::uint64_t, kDoings>;

/// Surely less than half of it.
bool is_minor(const Stall& stall, const std::optional<Between>& times) {
  return times && times->most_ns * 2 < stall.held_ns();
}

/// Unless all say so.
void outvote(Votes& votes, ThreadDoing doing) {
  auto& these = votes[static_cast<std::size_t>(doing)];
  if (std::accumulate(votes.begin(), votes.end(), std::uint64_t{0}) > these)
    these = 0;
}

/// "/usr/lib/python3.11/" or "/opt/lib64/python3.13t/": "/pythonX.Y" below a folder of libraries.
bool is_in_library(std::string_view file) {
  for (const std::string_view folder : {"/lib/python", "/lib64/python"}) {
    for (auto at = file.find(folder); at != std::string_view::npos; at = file.find(folder, at + 1)) {
      const auto version = file.substr(at + folder.size());
      const auto end = version.find('/');
      if (end != std::string_view::npos && version.substr(0, end).find('.') != std::string_view::npos)
        return true;
    }
  }
  return false;
}

bool is_loopscopes(std::string_view file) {
  return file.ends_with("/loopscope/loop.py") || file.ends_with("/loopscope/stall_log.py") ||
         file.ends_with("/loopscope/__main__.py") || file.find("/loopscope/cli/") != std::string_view::npos;
}

using Place = std::tuple<std::string, std::string, std::uint32_t>;
Place place_of(const Name& name) {
  return {std::string(name.file), std::string(name.function), name.line};
}

std::optional<Name> own_frame(const std::vector<Name>& stack) {
  for (const Name& name : stack)
    if (is_own_file(name.file))
      return name;
  return std::nullopt;
}

}  // namespace

StallLabel label_of(const Stall& stall) {
  StallLabel label;
  Votes counts{};
  for (const StallSample& sample : stall.samples) {
    ++label.of;
    if (static_cast<std::size_t>(sample.doing) < kDoings)
      ++counts[static_cast<std::size_t>(sample.doing)];
  }
  counts[0] = 0;  // not knowing is no vote
  // A sample is an instant, and what the kernel counted is all of it.
  if (is_minor(stall, stall.delay))
    outvote(counts, ThreadDoing::waiting_for_cpu);
  if (is_minor(stall, stall.cpu)) {
    outvote(counts, ThreadDoing::on_cpu);
    outvote(counts, ThreadDoing::collecting);
  }
  const auto most = std::max_element(counts.begin(), counts.end());
  if (*most > 0)
    label.doing = static_cast<ThreadDoing>(most - counts.begin());
  const std::int64_t known_ns = stall.held_ns();
  const bool ran = label.doing == ThreadDoing::on_cpu || label.doing == ThreadDoing::collecting;
  if (stall.kind == StallKind::gil_wait)
    label.doing = ThreadDoing::waiting_for_gil;
  else if (stall.delay && (stall.delay->least_ns * 2 > known_ns ||
                           (ran && stall.cpu && stall.delay->least_ns > stall.cpu->most_ns)))
    label.doing = ThreadDoing::waiting_for_cpu;
  else if (stall.cpu && stall.cpu->least_ns * 2 > known_ns && !ran)
    label.doing = ThreadDoing::on_cpu;
  for (const StallSample& sample : stall.samples) {
    if (sample.doing != label.doing)
      continue;
    ++label.samples;
    if (label.system_call == kNoName)
      label.system_call = sample.system_call;
  }
  return label;
}

std::string label_text(const StallLabel& label, std::string_view system_call) {
  switch (label.doing) {
    case ThreadDoing::on_cpu:
      return "on a CPU";
    case ThreadDoing::waiting_for_cpu:
      return "waiting for a CPU";
    case ThreadDoing::waiting_for_gil:
      return "waiting for the GIL";
    case ThreadDoing::in_system_call:
      return system_call.empty() ? "in a system call" : "in the system call " + printable(system_call);
    case ThreadDoing::collecting:
      return "collecting garbage";
    case ThreadDoing::unknown:
      break;
  }
  return "it is not known what its thread did";
}

bool is_own_file(std::string_view file) {
  return !file.empty() && !file.starts_with("<frozen") && file.find("/site-packages/") == std::string_view::npos &&
         file.find("/dist-packages/") == std::string_view::npos && !is_in_library(file) && !is_loopscopes(file);
}

std::optional<StallLine> line_of(const Stall& stall, const StackLookup& stacks) {
  std::map<Place, StallLine> lines;
  StallLine best;
  std::uint64_t of = 0;
  for (const StallSample& sample : stall.samples) {
    auto stack = sample.frame == kNoName ? std::vector<Name>{} : stacks(sample.frame);
    if (stack.empty())
      continue;
    ++of;
    const auto own = own_frame(stack);
    StallLine& line = lines[place_of(own ? *own : stack.front())];
    if (line.samples++ == 0) {
      line.innermost = stack.front();
      line.own = own;
      line.stack = std::move(stack);
    }
    if (line.samples > best.samples)
      best = line;
  }
  if (of == 0)
    return std::nullopt;
  best.of = of;
  return best;
}

std::string line_text(const Name& name) {
  const std::string place = place_text(name);
  return (place.empty() ? "" : place + " ") + "in " + function_text(name);
}

}  // namespace loopscope::tracer
