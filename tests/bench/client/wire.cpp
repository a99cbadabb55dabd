#include "tests/bench/client/wire.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>

#include "tests/bench/client/failure.h"
#include "tests/bench/client/tls_wire.h"

namespace loopscope::bench {
namespace {

constexpr std::size_t kConnectionsPerAddress = 1000;

int open_socket(int family, int type) {
  const int fd = socket(family, type | SOCK_CLOEXEC, 0);
  if (fd < 0)
    throw Failure::of_system("socket");
  return fd;
}

template <typename Address>
void connect_to(int fd, const Address& address) {
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw Failure::of_system("connect");
}

}  // namespace

Wire::~Wire() {
  close(fd_);
}

void Wire::send(std::string_view bytes) {
  unsent_ = bytes;
  on_writable();
}

void Wire::on_writable() {
  while (!unsent_.empty()) {
    const auto count = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN)
      return;
    if (count < 0)
      throw Failure::of_system("send");
    unsent_.remove_prefix(static_cast<std::size_t>(count));
  }
}

Wire::Received Wire::receive(std::span<char> into) {
  return receive_from_kernel(into);
}

Wire::Received Wire::receive_from_kernel(std::span<char> into) const {
  return received(recv(fd_, into.data(), into.size(), 0), into.size());
}

Wire::Received Wire::discard(std::size_t size) const {
  return received(recv(fd_, nullptr, size, MSG_TRUNC), size);
}

Wire::Received Wire::received(ssize_t count, std::size_t wanted) {
  if (count > 0)
    return {static_cast<std::size_t>(count), static_cast<std::size_t>(count) == wanted};
  if (count == 0)
    throw Failure("the server closed a connection");
  if (errno != EAGAIN)
    throw Failure::of_system("recv");
  return {};
}

Connector::Connector(const Options& options) : protocol_(options.protocol), address_(options.address) {
  if (protocol_ == Protocol::tls)
    tls_ = TlsWire::make_context();
}

Connector::~Connector() {
  TlsWire::free_context(tls_);
}

std::unique_ptr<Wire> Connector::connect() {
  const int fd = connect_socket();
  ++made_;
  if (tls_ != nullptr)
    return std::make_unique<TlsWire>(fd, tls_);
  return std::make_unique<Wire>(fd);
}

int Connector::connect_socket() {
  const int fd = open_socket(protocol_ == Protocol::unix_socket ? AF_UNIX : AF_INET,
                             protocol_ == Protocol::udp ? SOCK_DGRAM : SOCK_STREAM);
  if (protocol_ == Protocol::unix_socket) {
    sockaddr_un server{};
    server.sun_family = AF_UNIX;
    address_.copy(server.sun_path, sizeof server.sun_path - 1);
    connect_to(fd, server);
  } else {
    bind_to_next_address(fd);
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(static_cast<std::uint16_t>(std::stoul(address_)));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect_to(fd, server);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

// 127.x.y.z: x and y are this process's, so that ports which the last run left in TIME_WAIT are not in the way.
void Connector::bind_to_next_address(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const auto process = static_cast<std::uint32_t>(getpid());
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl((127U << 24U) | ((process & 0x7fffU) << 8U) |
                                (1 + static_cast<std::uint32_t>(made_ / kConnectionsPerAddress % 250)));
  if (bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0)
    throw Failure::of_system("bind");
}

}  // namespace loopscope::bench
