#pragma once

#include <vector>

#include "tests/bench/client/wire.h"

struct bio_st;
struct ssl_st;

namespace loopscope::bench {

/// TLS over memory, so that a message is one send() and one recv() here, however many records it has.
class TlsWire : public Wire {
 public:
  TlsWire(int fd, ssl_ctx_st* context);
  ~TlsWire() override;

  void send(std::string_view bytes) override;
  void on_writable() override;
  Received receive(std::span<char> into) override;

  /// The certificate is not checked: the server is ours.
  static ssl_ctx_st* make_context();
  static void free_context(ssl_ctx_st* context);

 private:
  void encrypt();
  void flush();

  ssl_st* ssl_;
  bio_st* incoming_;  // owned by ssl_
  bio_st* outgoing_;  // owned by ssl_
  std::string_view not_encrypted_;
  std::vector<char> from_kernel_;
};

}  // namespace loopscope::bench
