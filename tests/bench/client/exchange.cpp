#include "tests/bench/client/exchange.h"

#include <strings.h>

#include <random>

#include "tests/bench/client/failure.h"

namespace loopscope::bench {
namespace {

constexpr std::string_view kHttpRequest =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench_client\r\nAccept: */*\r\nConnection: "
    "keep-alive\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 ";
constexpr std::size_t kMuch = 32U << 10U;
constexpr std::size_t kSeen = 8;     // one answer in so many
constexpr std::size_t kStride = 61;  // how far a message's bytes are from those of the one before

std::size_t content_length(const std::string& head) {
  constexpr std::string_view kName = "\r\ncontent-length:";
  for (std::size_t at = 0; at + kName.size() < head.size(); ++at)
    if (strncasecmp(head.data() + at, kName.data(), kName.size()) == 0)
      return std::stoul(head.substr(at + kName.size()));
  throw Failure("the response has no Content-Length: " + head);
}

}  // namespace

Pattern::Pattern(const Options& options) : message_bytes_(options.message_bytes) {
  const auto size = message_bytes_ + kOffsets;
  if (options.protocol == Protocol::http) {
    bytes_.assign(size, 'x');
    return;
  }
  bytes_.reserve(size);
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same bytes in each run
  while (bytes_.size() < size) bytes_.push_back(static_cast<char>(random()));
}

Exchange::Exchange(const Options& options, const Pattern& pattern, std::size_t connection)
    : protocol_(options.protocol), pattern_(&pattern), number_(connection * 7), expected_(pattern.message(0)) {}

std::string_view Exchange::begin() {
  received_ = 0;
  in_body_ = protocol_ != Protocol::http;
  number_ += kStride;
  expected_ = pattern_->message(number_);
  return request_ = in_body_ ? expected_ : kHttpRequest;
}

std::string_view Exchange::again() {
  sent_again_ = true;
  return request_;
}

bool Exchange::take(std::string_view bytes) {
  if (!in_body_)
    bytes = without_http_head(bytes);
  const auto right = bytes == expected_.substr(received_, bytes.size());
  if (!right && sent_again_)
    return false;
  if (!right)
    throw Failure("other bytes came back than were asked for");
  received_ += bytes.size();
  return in_body_ && received_ == expected_.size();
}

std::size_t Exchange::may_be_unseen() const {
  const bool is_plain = protocol_ == Protocol::tcp || protocol_ == Protocol::http;
  if (!is_plain || !in_body_ || expected_.size() < kMuch || number_ / kStride % kSeen == 0)
    return 0;
  return expected_.size() - received_;
}

bool Exchange::take_unseen(std::size_t bytes) {
  received_ += bytes;
  return received_ == expected_.size();
}

std::string_view Exchange::without_http_head(std::string_view bytes) {
  const auto before = head_.size();
  head_ += bytes;
  const auto end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
  if (end == std::string::npos)
    return {};
  head_.resize(end + 2);
  check_http_head();
  head_.clear();
  in_body_ = true;
  return bytes.substr(end + 4 - before);
}

void Exchange::check_http_head() const {
  if (!head_.starts_with(kOk))
    throw Failure("the response is not 200: " + head_);
  if (content_length(head_) != expected_.size())
    throw Failure("the response has another length than was asked for: " + head_);
}

}  // namespace loopscope::bench
