// The echo server that libuv alone allows: libuv_echo tcp|unix|udp DESCRIPTOR
//
// It answers out of the buffer it read into, in the callback that read; only what the kernel does not take is copied.

#include <uv.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace {

constexpr unsigned kBacklog = 4096;
std::array<char, 1U << 18U> g_buffer;  // of all connections: each message is answered before the next is read

void check(int status, const char* what) {
  if (status >= 0)
    return;
  std::fprintf(stderr, "libuv_echo: %s: %s\n", what, uv_strerror(status));
  std::exit(1);
}

void lend_buffer(uv_handle_t* /*handle*/, std::size_t /*hint*/, uv_buf_t* buffer) {
  *buffer = uv_buf_init(g_buffer.data(), g_buffer.size());
}

/// What a full socket did not take, kept until it does.
template <typename Request>
struct Rest {
  Request request{};
  std::string bytes;

  static Rest* of(const char* bytes, std::size_t size) {
    auto* rest = new Rest;
    rest->bytes.assign(bytes, size);
    rest->request.data = rest;
    return rest;
  }
  static void release(Request* request, int /*status*/) { delete static_cast<Rest*>(request->data); }
  uv_buf_t view() { return uv_buf_init(bytes.data(), static_cast<unsigned>(bytes.size())); }
};

union Connection {
  uv_tcp_t tcp;
  uv_pipe_t pipe;
};

void close_connection(uv_stream_t* stream) {
  uv_close(reinterpret_cast<uv_handle_t*>(stream),
           [](uv_handle_t* handle) { delete reinterpret_cast<Connection*>(handle); });
}

void answer(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  if (count < 0)
    return close_connection(stream);
  const auto size = static_cast<std::size_t>(count);
  const auto whole = uv_buf_init(buffer->base, static_cast<unsigned>(size));
  const int taken = uv_try_write(stream, &whole, 1);
  const auto done = taken > 0 ? static_cast<std::size_t>(taken) : 0;
  if (done == size)
    return;
  using StreamRest = Rest<uv_write_t>;
  auto* rest = StreamRest::of(buffer->base + done, size - done);
  const auto view = rest->view();
  if (uv_write(&rest->request, stream, &view, 1, StreamRest::release) != 0)
    delete rest;
}

void accept_tcp(uv_stream_t* listener, int status) {
  check(status, "listen");
  auto* connection = new Connection;
  uv_tcp_init(listener->loop, &connection->tcp);
  auto* stream = reinterpret_cast<uv_stream_t*>(&connection->tcp);
  check(uv_accept(listener, stream), "uv_accept");
  uv_tcp_nodelay(&connection->tcp, 1);
  uv_read_start(stream, lend_buffer, answer);
}

void accept_pipe(uv_stream_t* listener, int status) {
  check(status, "listen");
  auto* connection = new Connection;
  uv_pipe_init(listener->loop, &connection->pipe, 0);
  auto* stream = reinterpret_cast<uv_stream_t*>(&connection->pipe);
  check(uv_accept(listener, stream), "uv_accept");
  uv_read_start(stream, lend_buffer, answer);
}

void answer_datagram(uv_udp_t* socket, ssize_t count, const uv_buf_t* buffer, const sockaddr* peer,
                     unsigned /*flags*/) {
  if (count < 0 || peer == nullptr)
    return;
  const auto whole = uv_buf_init(buffer->base, static_cast<unsigned>(count));
  if (uv_udp_try_send(socket, &whole, 1, peer) >= 0)
    return;
  using DatagramRest = Rest<uv_udp_send_t>;
  auto* rest = DatagramRest::of(buffer->base, static_cast<std::size_t>(count));
  const auto view = rest->view();
  if (uv_udp_send(&rest->request, socket, &view, 1, peer, DatagramRest::release) != 0)
    delete rest;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: libuv_echo tcp|unix|udp DESCRIPTOR\n");
    return 2;
  }
  const std::string_view transport = argv[1];
  const int fd = std::atoi(argv[2]);
  auto* loop = uv_default_loop();
  uv_tcp_t tcp;
  uv_pipe_t pipe;
  uv_udp_t udp;
  if (transport == "tcp") {
    uv_tcp_init(loop, &tcp);
    check(uv_tcp_open(&tcp, fd), "uv_tcp_open");
    check(uv_listen(reinterpret_cast<uv_stream_t*>(&tcp), kBacklog, accept_tcp), "uv_listen");
  } else if (transport == "unix") {
    uv_pipe_init(loop, &pipe, 0);
    check(uv_pipe_open(&pipe, fd), "uv_pipe_open");
    check(uv_listen(reinterpret_cast<uv_stream_t*>(&pipe), kBacklog, accept_pipe), "uv_listen");
  } else {
    uv_udp_init(loop, &udp);
    check(uv_udp_open(&udp, fd), "uv_udp_open");
    check(uv_udp_recv_start(&udp, lend_buffer, answer_datagram), "uv_udp_recv_start");
  }
  return uv_run(loop, UV_RUN_DEFAULT);
}
