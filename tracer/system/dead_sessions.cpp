#include "tracer/system/dead_sessions.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <tuple>

#include "tracer/system/clock.h"
#include "tracer/system/session_directory.h"
#include "tracer/system/session_life.h"
#include "tracer/system/shared_memory.h"

namespace loopscope::tracer {
namespace {

constexpr std::uint64_t kLookEveryNs = 1'000'000'000;

std::uint64_t bytes_kept(const std::string& directory) {
  const char* wanted = std::getenv("LOOPSCOPE_DEAD_BYTES");
  const std::string_view text = wanted == nullptr ? "" : wanted;
  std::uint64_t bytes = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (!text.empty() && failure == std::errc() && end == text.data() + text.size())
    return bytes;
  return std::min(kMostDeadBytes, file_system_bytes(directory) / 4);
}

}  // namespace

DeadSessions::DeadSessions(const std::string& directory) : directory_(directory) {
  int error = 0;
  for (const auto& text : list_directory(directory, error)) {
    const auto name = parse_session_file_name(text);
    if (!name)
      continue;
    auto path = directory + "/";
    path += text;
    const OpenFile file(path, false, error);
    if (error != 0)
      continue;
    const auto facts = file.facts(error);
    if (error == 0 && facts.regular && is_a_session(file) && !session_lives(file, *name))
      newest_first_.push_back({name->process_start_ticks, facts.changed_realtime_ns, path, facts.memory_bytes});
  }
  std::sort(newest_first_.begin(), newest_first_.end(), [](const Dead& left, const Dead& right) {
    return std::tie(left.start_ticks, left.made_ns, left.path) >
           std::tie(right.start_ticks, right.made_ns, right.path);
  });
}

void DeadSessions::discard_surplus() {
  const auto most_bytes = bytes_kept(directory_);
  std::uint64_t bytes = 0;
  std::size_t kept = 0;
  for (; kept < newest_first_.size() && kept < kDeadSessionsKept; ++kept) {
    bytes += newest_first_[kept].memory_bytes;
    if (bytes > most_bytes)
      break;
  }
  while (newest_first_.size() > kept) discard_oldest();
}

bool DeadSessions::discard_oldest() {
  if (newest_first_.empty())
    return false;
  remove_file(newest_first_.back().path);
  newest_first_.pop_back();
  return true;
}

void keep_dead_sessions_bounded(const std::string& directory) {
  static std::atomic<std::uint64_t> looked_ns{0};
  const auto now = monotonic_ns();
  auto before = looked_ns.load(std::memory_order_relaxed);
  if (now - before < kLookEveryNs || !looked_ns.compare_exchange_strong(before, now))
    return;
  DeadSessions(directory).discard_surplus();
}

}  // namespace loopscope::tracer
