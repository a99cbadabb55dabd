#include "gui/model/socket_names.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "tracer/system/process_identity.h"

namespace loopscope::gui {

namespace {

constexpr std::string_view kListens = "0A";

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t at = line.find_first_not_of(' '); at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    fields.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(' ', end);
  }
  return fields;
}

template <typename Number>
bool read_number(std::string_view text, Number& number, int base) {
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number, base);
  return result.ec == std::errc{} && result.ptr == end;
}

/// Reads "0100007F:1F90": words of 32 bits in the machine's byte order, and the port.
bool read_address(std::string_view text, SocketFamily family, std::string& address, std::uint16_t& port) {
  const std::size_t words = family == SocketFamily::ipv4 ? 1 : 4;
  if (text.size() != words * 8 + 5 || text[words * 8] != ':' || !read_number(text.substr(words * 8 + 1), port, 16))
    return false;
  std::array<std::uint32_t, 4> bytes{};
  for (std::size_t i = 0; i < words; ++i) {
    if (!read_number(text.substr(i * 8, 8), bytes[i], 16))
      return false;
  }
  std::array<char, INET6_ADDRSTRLEN> shown{};
  const bool v4_in_v6 = words == 4 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == htonl(0xFFFF);
  if (words == 1 || v4_in_v6) {
    inet_ntop(AF_INET, &bytes[words - 1], shown.data(), shown.size());
    address = shown.data();
  } else {
    inet_ntop(AF_INET6, bytes.data(), shown.data(), shown.size());
    address = std::string("[").append(shown.data()).append("]");
  }
  address.append(":").append(std::to_string(port));
  return true;
}

}  // namespace

std::optional<SocketEntry> parse_inet_line(std::string_view line, SocketFamily family) {
  const auto fields = fields_of(line);
  SocketEntry entry;
  std::uint16_t peer_port = 0;
  if (fields.size() < 10 || !read_address(fields[1], family, entry.local, entry.local_port) ||
      !read_address(fields[2], family, entry.peer, peer_port) || !read_number(fields[9], entry.inode, 10))
    return std::nullopt;
  entry.listens = fields[3] == kListens;
  if (peer_port == 0)
    entry.peer.clear();
  return entry;
}

std::optional<SocketEntry> parse_unix_line(std::string_view line) {
  const auto fields = fields_of(line);
  SocketEntry entry;
  std::uint32_t flags = 0;
  if (fields.size() < 7 || !read_number(fields[3], flags, 16) || !read_number(fields[6], entry.inode, 10))
    return std::nullopt;
  constexpr std::uint32_t kAccepting = 0x10000;
  entry.listens = (flags & kAccepting) != 0;
  if (fields.size() > 7)
    entry.local = std::string(fields[7]);
  return entry;
}

SocketTable SocketTable::read(std::uint32_t pid) {
  SocketTable table;
  const std::string folder = "/proc/" + std::to_string(pid) + "/net/";
  for (const auto& [name, family] : {std::pair{"tcp", SocketFamily::ipv4}, std::pair{"tcp6", SocketFamily::ipv6},
                                     std::pair{"udp", SocketFamily::ipv4}, std::pair{"udp6", SocketFamily::ipv6}})
    table.read_file(folder + name, family);
  table.read_file(folder + "unix", std::nullopt);
  return table;
}

void SocketTable::read_file(const std::string& path, std::optional<SocketFamily> family) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    auto entry = family ? parse_inet_line(line, *family) : parse_unix_line(line);
    if (entry && entry->inode != 0)
      by_inode_.insert_or_assign(entry->inode, std::move(*entry));
  }
}

const SocketEntry* SocketTable::of(std::uint32_t pid, std::int64_t fd) const {
  const std::string path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
  std::array<char, 64> target{};
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  constexpr std::string_view kSocket = "socket:[";
  const std::string_view text(target.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  std::uint64_t inode = 0;
  if (!text.starts_with(kSocket) || !text.ends_with(']') ||
      !read_number(text.substr(kSocket.size(), text.size() - kSocket.size() - 1), inode, 10))
    return nullptr;
  const auto found = by_inode_.find(inode);
  return found == by_inode_.end() ? nullptr : &found->second;
}

bool pid_is_of_this_namespace(std::uint64_t pid_namespace) {
  return pid_namespace != 0 && pid_namespace == tracer::own_process().pid_namespace;
}

}  // namespace loopscope::gui
