#include "tracer/system/thread_cpu.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "tracer/system/clock.h"

namespace loopscope::tracer {

namespace {

/// A look during which this process lost its own CPU is taken again: its instant would be known too badly.
constexpr std::int64_t kQuickLookNs = 1'000'000;
constexpr int kMostLooks = 3;

std::int64_t clock_ns() {
  return static_cast<std::int64_t>(monotonic_ns());
}

template <std::size_t kSize>
std::string_view read_from_start(int file, std::array<char, kSize>& into) {
  const auto got = pread(file, into.data(), into.size() - 1, 0);
  if (got <= 0)
    return {};
  into[static_cast<std::size_t>(got)] = 0;
  return {into.data(), static_cast<std::size_t>(got)};
}

/// "123 (a name) R 1 ...": the name may hold anything, also brackets.
ThreadState state_in(std::string_view stat) {
  const auto end = stat.rfind(") ");
  const char letter = end != std::string_view::npos && end + 2 < stat.size() ? stat[end + 2] : ' ';
  if (letter == 'T' || letter == 't')
    return ThreadState::stopped;
  return letter == 'R' ? ThreadState::runnable : ThreadState::asleep;
}

}  // namespace

ThreadCpuReader::~ThreadCpuReader() {
  close();
}

void ThreadCpuReader::close() {
  if (schedstat_ >= 0)
    ::close(schedstat_);
  if (stat_ >= 0)
    ::close(stat_);
  schedstat_ = stat_ = -1;
}

bool ThreadCpuReader::follow(std::uint32_t pid, std::uint64_t thread) {
  close();
  const std::string folder = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(thread) + "/";
  schedstat_ = open((folder + "schedstat").c_str(), O_RDONLY | O_CLOEXEC);
  stat_ = open((folder + "stat").c_str(), O_RDONLY | O_CLOEXEC);
  if (read())
    return true;
  close();
  return false;
}

std::optional<CpuSample> ThreadCpuReader::read(bool with_state) const {
  if (schedstat_ < 0 || stat_ < 0)
    return std::nullopt;
  std::optional<CpuSample> best;
  std::array<char, 128> counts{};
  std::array<char, 512> state{};
  for (int look = 0; look < kMostLooks; ++look) {
    CpuSample sample;
    sample.before_ns = clock_ns();
    const std::string_view words = read_from_start(schedstat_, counts);
    const std::string_view stat = with_state ? read_from_start(stat_, state) : "";
    sample.after_ns = clock_ns();
    if (words.empty() || stat.empty() == with_state ||
        std::sscanf(words.data(), "%" SCNd64 " %" SCNd64, &sample.ran_ns, &sample.waited_ns) != 2)
      return std::nullopt;
    if (with_state)
      sample.state = state_in(stat);
    const std::int64_t took = sample.after_ns - sample.before_ns;
    if (!best || took < best->after_ns - best->before_ns)
      best = sample;
    if (took < kQuickLookNs)
      break;
  }
  return best;
}

}  // namespace loopscope::tracer
