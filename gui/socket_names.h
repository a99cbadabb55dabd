#pragma once
/// What a descriptor of another process is connected to, or listens on, as the kernel's tables say: /proc/PID/fd and
/// /proc/PID/net. Nothing is asked of the process.
///
/// True at the moment of the look: a descriptor may be closed and given out again at any time after it.
/// Thread: any. Errors: none; what cannot be read is not known. Cost: a system call a descriptor, and reading the tables once
/// for each SocketTable: some ms where thousands of connections are open.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace loopscope::gui {

/// One line of such a table.
struct SocketEntry {
  std::uint64_t inode = 0;
  std::string local;  ///< "127.0.0.1:8080", "[::1]:8080", a path
  std::string peer;   ///< empty if it has none
  std::uint16_t local_port = 0;
  bool listens = false;
};

enum class SocketFamily : std::uint8_t { ipv4, ipv6 };

/// A line of /proc/net/tcp, tcp6, udp or udp6; nothing for its heading or a line that is not as expected.
std::optional<SocketEntry> parse_inet_line(std::string_view line, SocketFamily family);
/// A line of /proc/net/unix.
std::optional<SocketEntry> parse_unix_line(std::string_view line);

class SocketTable {
 public:
  /// What the kernel has for the network of process `pid`.
  static SocketTable read(std::uint32_t pid);
  /// What `fd` of process `pid` is; null if it is no socket, or not to be seen.
  [[nodiscard]] const SocketEntry* of(std::uint32_t pid, std::int64_t fd) const;

 private:
  void read_file(const std::string& path, std::optional<SocketFamily> family);
  std::unordered_map<std::uint64_t, SocketEntry> by_inode_;
};

/// Does `pid`, as a session has it, mean a process here? `pid_namespace` is the session's.
bool pid_is_of_this_namespace(std::uint64_t pid_namespace);

}  // namespace loopscope::gui
