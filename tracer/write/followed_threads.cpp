#include "tracer/write/followed_threads.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

namespace loopscope::tracer {

/// In one step, so that not one file of the program is held for a moment longer than the program wants.
bool FollowedThreads::unshare_descriptors() {
#ifdef SYS_close_range
  constexpr unsigned kUnshare = 2;  // CLOSE_RANGE_UNSHARE
  return syscall(SYS_close_range, 0U, UINT_MAX, kUnshare) == 0;
#else
  return false;
#endif
}

const FollowedThreads::Files* FollowedThreads::follow(std::uint64_t thread) {
  if (!may_open_files_ || thread == 0)
    return nullptr;
  auto known =
      std::find_if(files_.begin(), files_.end(), [&](const auto& files) { return files->thread == thread; });
  if (known == files_.end()) {
    known = files_.insert(files_.end(), std::make_unique<Files>());
    (*known)->thread = thread;
    (*known)->cpu.follow(static_cast<std::uint32_t>(getpid()), thread);
    (*known)->calls.follow(thread);
  }
  (*known)->asked_for = true;
  return known->get();
}

void FollowedThreads::forget_others() {
  std::erase_if(files_, [](const auto& files) { return !files->asked_for; });
  for (const auto& files : files_) files->asked_for = false;
}

}  // namespace loopscope::tracer
