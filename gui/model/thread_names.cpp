#include "gui/model/thread_names.h"

#include <fstream>

namespace loopscope::gui {

namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

std::string thread_text(std::uint32_t pid, std::uint64_t thread, const std::string& thread_name,
                        const std::string& process_name) {
  if (thread == 0)
    return {};
  if (thread == pid)
    return "main thread";
  return thread_name.empty() || thread_name == process_name ? "thread " + std::to_string(thread) : thread_name;
}

std::string thread_text(std::uint32_t pid, std::uint64_t thread) {
  const std::string process = "/proc/" + std::to_string(pid);
  return thread_text(pid, thread, first_line(process + "/task/" + std::to_string(thread) + "/comm"),
                     first_line(process + "/comm"));
}

}  // namespace loopscope::gui
