#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/client/options.h"

namespace loopscope::bench {

/// What all messages are cut from. Of an echo: bytes without a period, so that nothing of another message can pass for
/// this one. Of an HTTP response: as many x as the server was told to send.
class Pattern {
 public:
  static constexpr std::size_t kOffsets = 4096;

  explicit Pattern(const Options& options);

  [[nodiscard]] std::string_view message(std::size_t number) const {
    return std::string_view(bytes_).substr(number % kOffsets, message_bytes_);
  }

 private:
  std::string bytes_;
  std::size_t message_bytes_;
};

/// A request and the answer that has to come, over and over, on one connection.
class Exchange {
 public:
  Exchange(const Options& options, const Pattern& pattern, std::size_t connection);

  /// The next request.
  std::string_view begin();

  /// The request that is open, once more: its datagram or the answer's was lost. Late answers are ignored from now on.
  std::string_view again();

  /// An answer is still to come.
  [[nodiscard]] bool waits() const { return received_ < expected_.size(); }

  /// Takes what has come. True when the answer is whole; throws Failure if it is not the one that has to come.
  bool take(std::string_view bytes);

  /// How much of an answer's body is still to come, and may come unseen: a copy of much would make the client the limit.
  /// One answer in eight is looked at nevertheless.
  [[nodiscard]] std::size_t may_be_unseen() const;

  /// Takes that many bytes that nobody has seen. True when the answer is whole.
  bool take_unseen(std::size_t bytes);

 private:
  std::string_view without_http_head(std::string_view bytes);
  void check_http_head() const;

  Protocol protocol_;
  const Pattern* pattern_;
  std::size_t number_;
  std::string_view request_;
  std::string_view expected_;  // all of the answer's body
  std::size_t received_ = 0;   // of it
  std::string head_;           // of an HTTP response, until its empty line
  bool in_body_ = false;
  bool sent_again_ = false;
};

}  // namespace loopscope::bench
