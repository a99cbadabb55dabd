#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "tests/bench/client/options.h"

struct ssl_ctx_st;

namespace loopscope::bench {

/// A connected, non-blocking socket, with or without TLS. Owns its descriptor.
class Wire {
 public:
  explicit Wire(int fd) : fd_(fd) {}
  virtual ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  [[nodiscard]] int fd() const { return fd_; }

  /// Starts to send; `bytes` must stay where it is until all of it was answered.
  virtual void send(std::string_view bytes);

  /// Goes on sending what the kernel did not take.
  virtual void on_writable();

  /// Fills `into` with what has come; how many bytes that were, and whether there may be more.
  struct Received {
    std::size_t bytes = 0;
    bool more = false;
  };
  virtual Received receive(std::span<char> into);

  /// Takes up to `size` bytes of what has come without looking at them, where that costs no copy (TCP without TLS).
  Received discard(std::size_t size) const;

 protected:
  Received receive_from_kernel(std::span<char> into) const;
  static Received received(ssize_t count, std::size_t wanted);

  std::string_view unsent_;

 private:
  int fd_;
};

/// Connects wires, each from a local address that is not short of ports.
class Connector {
 public:
  explicit Connector(const Options& options);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  std::unique_ptr<Wire> connect();

 private:
  int connect_socket();
  void bind_to_next_address(int fd);

  Protocol protocol_;
  std::string address_;
  ssl_ctx_st* tls_ = nullptr;
  std::size_t made_ = 0;
};

}  // namespace loopscope::bench
