#pragma once
/// What people call the thread that runs a loop.
///
/// The kernel has a name for each thread of a process. A thread without a name of its own has the name of the thread that made
/// it, usually the program's; that name tells nothing.
/// Thread: any. Errors: none; an empty text is not known.

#include <cstdint>
#include <string>

namespace loopscope::gui {

/// "main thread", "worker-7", "thread 4711"; empty if `thread` is 0. `thread_name` and `process_name` are the kernel's and may be
/// empty.
std::string thread_text(std::uint32_t pid, std::uint64_t thread, const std::string& thread_name,
                        const std::string& process_name);

/// The same for a process of this PID namespace, asked of the kernel now.
std::string thread_text(std::uint32_t pid, std::uint64_t thread);

}  // namespace loopscope::gui
