#pragma once
/// What a descriptor of another process is connected to or listens on, from the kernel's tables /proc/PID/fd and
/// /proc/PID/net. The process itself is not asked.
///
/// The answer is true at the moment of the look: the process may close a descriptor and reuse its number at any time.
/// Thread: any. Errors: none; what cannot be read is not known. Cost: one system call for each descriptor. Each SocketTable
/// reads the tables once, which takes some ms where thousands of connections are open.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace loopscope::gui {

/// One line of a table.
struct SocketEntry {
  std::uint64_t inode = 0;
  std::string local;  ///< "127.0.0.1:8080", "[::1]:8080", a path
  std::string peer;   ///< empty if it has none
  std::uint16_t local_port = 0;
  bool listens = false;
};

enum class SocketFamily : std::uint8_t { ipv4, ipv6 };

/// Parses a line of /proc/net/tcp, tcp6, udp or udp6. Nothing for the heading, or for an unexpected line.
std::optional<SocketEntry> parse_inet_line(std::string_view line, SocketFamily family);
/// Parses a line of /proc/net/unix.
std::optional<SocketEntry> parse_unix_line(std::string_view line);

class SocketTable {
 public:
  /// Reads the tables of the network namespace of process `pid`.
  static SocketTable read(std::uint32_t pid);
  /// The socket behind `fd` of process `pid`; null if it is no socket, or if we may not see it.
  [[nodiscard]] const SocketEntry* of(std::uint32_t pid, std::int64_t fd) const;

 private:
  void read_file(const std::string& path, std::optional<SocketFamily> family);
  std::unordered_map<std::uint64_t, SocketEntry> by_inode_;
};

/// True if pids of a session mean processes in our own PID namespace. `pid_namespace` is the session's.
bool pid_is_of_this_namespace(std::uint64_t pid_namespace);

}  // namespace loopscope::gui
