#pragma once
/// What the kernel says of the threads that run loops: the watchdog's open files of /proc.
///
/// They are descriptors of the watchdog's thread alone, which has a table of descriptors of its own: the program never sees their
/// numbers, and none of its own is taken. Where the kernel does not give it one, nothing is opened, and nothing is known.
///
/// Thread: the watchdog's, from its making to its end. Owner: of the files. Errors: null.

#include <cstdint>
#include <memory>
#include <vector>

#include "tracer/system/system_call.h"
#include "tracer/system/thread_cpu.h"

namespace loopscope::tracer {

class FollowedThreads {
 public:
  struct Files {
    std::uint64_t thread;
    bool asked_for;
    ThreadCpuReader cpu;
    SystemCallReader calls;
  };

  /// From now on this thread has its own table of descriptors, an empty one. False if it has not: the caller then has none to spare.
  static bool unshare_descriptors();

  explicit FollowedThreads(bool may_open_files) : may_open_files_(may_open_files) {}

  /// Null if the kernel does not say, or files may not be opened.
  const Files* follow(std::uint64_t thread);
  /// Lets go of those that nobody asked for since the last call.
  void forget_others();

 private:
  bool may_open_files_;
  std::vector<std::unique_ptr<Files>> files_;
};

}  // namespace loopscope::tracer
