#include "tests/bench/client/tls_wire.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/bench/client/failure.h"

namespace loopscope::bench {
namespace {

[[noreturn]] void fail_tls(const char* what) {
  throw Failure(std::string(what) + ": " + ERR_error_string(ERR_get_error(), nullptr));
}

}  // namespace

ssl_ctx_st* TlsWire::make_context() {
  auto* context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr)
    fail_tls("SSL_CTX_new");
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return context;
}

void TlsWire::free_context(ssl_ctx_st* context) {
  SSL_CTX_free(context);
}

TlsWire::TlsWire(int fd, ssl_ctx_st* context)
    : Wire(fd), ssl_(SSL_new(context)), incoming_(BIO_new(BIO_s_mem())), outgoing_(BIO_new(BIO_s_mem())) {
  SSL_set_bio(ssl_, incoming_, outgoing_);
  SSL_set_connect_state(ssl_);
}

TlsWire::~TlsWire() {
  SSL_free(ssl_);
}

void TlsWire::send(std::string_view bytes) {
  not_encrypted_ = bytes;
  encrypt();
  flush();
}

// The first call begins the handshake; the message waits until receive() has ended it.
void TlsWire::encrypt() {
  while (!not_encrypted_.empty()) {
    const int count = SSL_write(ssl_, not_encrypted_.data(), static_cast<int>(not_encrypted_.size()));
    if (count <= 0) {
      if (SSL_get_error(ssl_, count) == SSL_ERROR_WANT_READ)
        return;
      fail_tls("SSL_write");
    }
    not_encrypted_.remove_prefix(static_cast<std::size_t>(count));
  }
}

void TlsWire::on_writable() {
  flush();
}

void TlsWire::flush() {
  if (unsent_.empty()) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(outgoing_, &data);
    unsent_ = std::string_view(data, static_cast<std::size_t>(size));
  }
  Wire::on_writable();
  if (unsent_.empty())
    (void)BIO_reset(outgoing_);
}

Wire::Received TlsWire::receive(std::span<char> into) {
  if (from_kernel_.size() < into.size())
    from_kernel_.resize(into.size());
  const auto got = receive_from_kernel(from_kernel_);
  if (got.bytes > 0)
    BIO_write(incoming_, from_kernel_.data(), static_cast<int>(got.bytes));
  if (!not_encrypted_.empty()) {
    encrypt();
    flush();
  }
  std::size_t decrypted = 0;
  while (decrypted < into.size()) {
    const int count = SSL_read(ssl_, into.data() + decrypted, static_cast<int>(into.size() - decrypted));
    if (count <= 0) {
      if (SSL_get_error(ssl_, count) != SSL_ERROR_WANT_READ)
        fail_tls("SSL_read");
      break;
    }
    decrypted += static_cast<std::size_t>(count);
  }
  return {decrypted, got.more || decrypted == into.size()};
}

}  // namespace loopscope::bench
