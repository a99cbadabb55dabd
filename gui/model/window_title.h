#pragma once
/// What the window is called in a list of windows. Pure. Thread: any. Errors: none.

#include <cstdint>
#include <string>

#include "tracer/read/program_name.h"

namespace loopscope::gui {

/// "loopscope · chat_server.py · pid 4711". The pid tells windows apart that show workers of one service.
inline std::string window_title(const std::string& command_line, std::uint32_t pid) {
  return "loopscope · " + tracer::program_title(command_line) + " · pid " + std::to_string(pid);
}

}  // namespace loopscope::gui
