#include "tests/bench/client/closed_loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "tests/bench/client/failure.h"

namespace loopscope::bench {
namespace {

constexpr std::size_t kBufferBytes = 1U << 18U;
constexpr std::size_t kConnectAtOnce = 100;
constexpr auto kDatagramLost = std::chrono::seconds(1);

}  // namespace

ClosedLoop::ClosedLoop(const Options& options)
    : options_(options), pattern_(options), connector_(options), buffer_(kBufferBytes) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0)
    throw Failure::of_system("epoll_create1");
  connections_.reserve(options.connections);
  for (std::size_t i = 0; i < options.connections; ++i)
    connections_.push_back({nullptr, Exchange(options, pattern_, i), {}});
}

ClosedLoop::~ClosedLoop() {
  close(epoll_);
}

void ClosedLoop::open() {
  for (std::size_t first = 0; first < connections_.size(); first += kConnectAtOnce) {
    const auto last = std::min(first + kConnectAtOnce, connections_.size());
    for (auto i = first; i < last; ++i) connect(i);
    const auto give_up = Clock::now() + std::chrono::duration_cast<Clock::duration>(options_.patience);
    while (answers_ < last) {
      poll(100);
      send_lost_again();
      if (Clock::now() > give_up)
        throw Failure("the server did not answer in time");
    }
  }
}

Measurement ClosedLoop::measure() {
  using std::chrono::duration_cast;
  go_on_ = true;
  for (auto& connection : connections_) begin(connection);
  run_until(Clock::now() + duration_cast<Clock::duration>(options_.warm_up));
  Measurement result;
  const auto before = CpuTime::of(options_.server);
  const auto answers_before = answers_;
  idle_ = {};
  count_from_ = Clock::now();
  run_until(count_from_ + duration_cast<Clock::duration>(options_.measured));
  result.seconds = std::chrono::duration<double>(Clock::now() - count_from_).count();
  result.idle_share = std::chrono::duration<double>(idle_).count() / result.seconds;
  result.server = CpuTime::of(options_.server) - before;
  result.answers = answers_ - answers_before;
  result.latencies = &latencies_;
  result.sent_again = sent_again_;
  return result;
}

// Edge-triggered in both directions, once: no message costs an epoll_ctl.
void ClosedLoop::connect(std::size_t index) {
  auto& connection = connections_[index];
  connection.began = Clock::now();
  connection.wire = connector_.connect();
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.u64 = index;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.wire->fd(), &event) != 0)
    throw Failure::of_system("epoll_ctl");
  connection.wire->send(connection.exchange.begin());
}

void ClosedLoop::begin(Connection& connection) {
  connection.began = Clock::now();
  connection.wire->send(connection.exchange.begin());
}

// Goes on after the end if a busy machine has not let one exchange through until then.
void ClosedLoop::run_until(Clock::time_point end) {
  const auto give_up = end + std::chrono::duration_cast<Clock::duration>(options_.patience);
  auto now = Clock::now();
  auto next_look = now + kDatagramLost;
  while (now < end || lacks_a_figure()) {
    if (now > give_up)
      throw Failure("the server did not answer in time");
    const bool busy = poll(0);
    const auto before = std::exchange(now, Clock::now());
    if (!busy)
      idle_ += now - before;
    if (now >= next_look) {
      send_lost_again();
      next_look = now + kDatagramLost;
    }
  }
}

bool ClosedLoop::poll(int timeout_ms) {
  std::array<epoll_event, 256> events;  // NOLINT(cppcoreguidelines-pro-type-member-init): the kernel fills it
  const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
  if (ready < 0 && errno != EINTR)
    throw Failure::of_system("epoll_wait");
  for (int i = 0; i < ready; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    const auto index = static_cast<std::size_t>(event.data.u64);
    if ((event.events & EPOLLOUT) != 0)
      connections_[index].wire->on_writable();
    if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0)
      on_readable(index);
  }
  return ready > 0;
}

void ClosedLoop::on_readable(std::size_t index) {
  auto& connection = connections_[index];
  auto& exchange = connection.exchange;
  while (true) {
    const auto unseen = is_measuring() ? exchange.may_be_unseen() : 0;
    const auto got = unseen > 0 ? connection.wire->discard(unseen) : connection.wire->receive(buffer_);
    const bool whole = got.bytes > 0 &&
                       (unseen > 0 ? exchange.take_unseen(got.bytes) : exchange.take({buffer_.data(), got.bytes}));
    if (whole) {
      on_answer(index);
      return;  // nothing more can have come: the server had only this to answer
    }
    if (!got.more)
      return;
  }
}

void ClosedLoop::on_answer(std::size_t index) {
  auto& connection = connections_[index];
  ++answers_;
  if (connection.began >= count_from_)
    latencies_.add(static_cast<std::uint64_t>((Clock::now() - connection.began).count()));
  if (!go_on_)
    return;
  if (options_.reconnect)
    connect(index);
  else
    begin(connection);
}

void ClosedLoop::send_lost_again() {
  if (options_.protocol != Protocol::udp)
    return;
  const auto lost_before = Clock::now() - kDatagramLost;
  for (auto& connection : connections_) {
    const bool waits = connection.wire != nullptr && (go_on_ || connection.exchange.waits());
    if (!waits || connection.began > lost_before)
      continue;
    ++sent_again_;
    connection.wire->send(connection.exchange.again());
  }
}

}  // namespace loopscope::bench
