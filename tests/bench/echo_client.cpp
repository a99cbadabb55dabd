// A closed-loop client of an echo server: each connection sends a message, waits until all of it came back, and
// sends the next. One thread, one epoll. Prints "warm" when it begins to count, and one JSON object at the end.
//
//     echo_client HOST PORT CONNECTIONS BYTES SECONDS [WARM_UP_SECONDS]
//
// It does nothing per message but write, read and note the time, so that the server is what is measured; pin it
// to a CPU of its own.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "echo_client: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

struct Connection {
  int fd = -1;
  std::size_t sent = 0;
  std::size_t received = 0;
  bool wants_to_write = false;
  Clock::time_point began;
};

class EchoClient {
 public:
  EchoClient(const sockaddr_in& server, std::size_t connections, std::size_t bytes)
      : message_(bytes, 'x'), buffer_(1U << 18U), connections_(connections) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0)
      fail("epoll_create1");
    for (auto& connection : connections_) connect_to(server, connection);
  }

  void start() {
    for (auto& connection : connections_) start_message(connection);
  }

  /// Messages that end from now on are counted if they began after now, too.
  void count_from_now() { count_from_ = Clock::now(); }

  /// Sends and receives until `end`.
  void run_until(Clock::time_point end) {
    std::array<epoll_event, 256> events{};
    while (Clock::now() < end) {
      const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 100);
      if (ready < 0 && errno != EINTR)
        fail("epoll_wait");
      for (int i = 0; i < ready; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        auto& connection = connections_[event.data.u64];
        if ((event.events & EPOLLOUT) != 0)
          write_some(connection);
        if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0)
          read_some(connection);
      }
    }
  }

  [[nodiscard]] std::vector<std::uint32_t>& latencies_ns() { return latencies_ns_; }

 private:
  void connect_to(const sockaddr_in& server, Connection& connection) {
    connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection.fd < 0 ||
        connect(connection.fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0)
      fail("connect");
    const int on = 1;
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(connection.fd, F_SETFL, O_NONBLOCK);
    watch(connection, EPOLL_CTL_ADD);
  }

  void watch(Connection& connection, int operation) {
    epoll_event event{};
    event.events = EPOLLIN | (connection.wants_to_write ? EPOLLOUT : 0U);
    event.data.u64 = static_cast<std::uint64_t>(&connection - connections_.data());
    if (epoll_ctl(epoll_, operation, connection.fd, &event) != 0)
      fail("epoll_ctl");
  }

  void start_message(Connection& connection) {
    connection.sent = connection.received = 0;
    connection.began = Clock::now();
    write_some(connection);
  }

  void write_some(Connection& connection) {
    while (connection.sent < message_.size()) {
      const auto count =
          send(connection.fd, message_.data() + connection.sent, message_.size() - connection.sent, MSG_NOSIGNAL);
      if (count < 0) {
        if (errno != EAGAIN)
          fail("send");
        break;
      }
      connection.sent += static_cast<std::size_t>(count);
    }
    const bool wants = connection.sent < message_.size();
    if (wants == connection.wants_to_write)
      return;
    connection.wants_to_write = wants;
    watch(connection, EPOLL_CTL_MOD);
  }

  void read_some(Connection& connection) {
    const auto count = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
    if (count == 0) {
      std::fprintf(stderr, "echo_client: the server closed a connection\n");
      std::exit(1);
    }
    if (count < 0) {
      if (errno != EAGAIN)
        fail("recv");
      return;
    }
    connection.received += static_cast<std::size_t>(count);
    if (connection.received < message_.size())
      return;
    const auto now = Clock::now();
    if (connection.began >= count_from_)
      latencies_ns_.push_back(static_cast<std::uint32_t>(
          std::chrono::duration_cast<std::chrono::nanoseconds>(now - connection.began).count()));
    start_message(connection);
  }

  std::string message_;
  std::vector<char> buffer_;
  std::vector<Connection> connections_;
  std::vector<std::uint32_t> latencies_ns_;
  Clock::time_point count_from_ = Clock::time_point::max();
  int epoll_ = -1;
};

double percentile_us(const std::vector<std::uint32_t>& sorted, double share) {
  if (sorted.empty())
    return 0;
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(share * last)] / 1000.0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "usage: echo_client HOST PORT CONNECTIONS BYTES SECONDS [WARM_UP_SECONDS]\n");
    return 2;
  }
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<std::uint16_t>(std::strtoul(argv[2], nullptr, 10)));
  if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) {
    std::fprintf(stderr, "echo_client: HOST must be an IPv4 address, not '%s'\n", argv[1]);
    return 2;
  }
  const std::chrono::duration<double> seconds(std::strtod(argv[5], nullptr));
  const std::chrono::duration<double> warm_up(argc > 6 ? std::strtod(argv[6], nullptr) : 0.0);

  EchoClient client(server, std::strtoul(argv[3], nullptr, 10), std::strtoul(argv[4], nullptr, 10));
  client.start();
  client.run_until(Clock::now() + std::chrono::duration_cast<Clock::duration>(warm_up));
  std::printf("warm\n");  // whoever measures the server begins here
  std::fflush(stdout);
  client.count_from_now();
  client.run_until(Clock::now() + std::chrono::duration_cast<Clock::duration>(seconds));

  auto& latencies = client.latencies_ns();
  std::sort(latencies.begin(), latencies.end());
  std::printf(R"({"requests": %zu, "seconds": %.6f, "p50_us": %.1f, "p99_us": %.1f, "p999_us": %.1f})"
              "\n",
              latencies.size(), seconds.count(), percentile_us(latencies, 0.5), percentile_us(latencies, 0.99),
              percentile_us(latencies, 0.999));
}
