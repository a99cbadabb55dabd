#include "loop/datagram.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "tests/loop/loop_harness.h"
#include "tests/loop/test_callback.h"

namespace loopscope::loop {
namespace {

using testing::ElementsAre;

/// A UDP socket on this machine with a port of its own.
class Udp {
 public:
  Udp() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    EXPECT_EQ(bind(fd_, address(), size), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address_), &size), 0);
  }
  ~Udp() { close_now(); }
  Udp(const Udp&) = delete;
  Udp& operator=(const Udp&) = delete;

  void close_now() {
    if (fd_ >= 0)
      close(fd_);
    fd_ = -1;
  }
  void send(const Udp& to, const std::string& text) const {
    ASSERT_EQ(sendto(fd_, text.data(), text.size(), 0, to.address(), sizeof(sockaddr_in)),
              static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&address_); }
  [[nodiscard]] in_port_t port() const { return address_.sin_port; }

 private:
  int fd_;
  sockaddr_in address_{};
};

/// Room for one datagram, and what came there.
struct Room {
  char bytes[64] = {};
  sockaddr_storage from{};
  socklen_t from_size = 0;

  Datagram::Target target() { return {bytes, sizeof bytes, from, from_size}; }
  [[nodiscard]] std::string text(ssize_t size) const { return {bytes, static_cast<std::size_t>(size)}; }
};

class DatagramTest : public testing::Test {
 protected:
  // The callback outlives the loop, which may still hold it when it goes.
  Udp ours_;
  Udp peer_;
  TestCallback on_ready_;
  LoopHarness harness_;
  Datagram socket_{harness_.loop(), ours_.fd()};
  Room room_;

  /// Lets the loop receive `count` datagrams: an entry for each call of on_readable, with commas between its datagrams.
  std::vector<std::string> received_by_call(Datagram& socket, std::size_t count) {
    std::vector<std::string> calls;
    std::size_t received = 0;
    TestCallback on_readable([&] {
      const ssize_t size = socket.receive(room_.target());
      if (size < 0)
        return;
      calls.push_back(room_.text(size));
      ++received;
      Datagram::Unpolled unpolled(socket);
      while (unpolled.expects_more()) {
        const ssize_t more = unpolled.receive(room_.target(), on_ready_);
        if (more < 0)
          break;
        calls.back() += "," + room_.text(more);
        ++received;
      }
      if (received == count)
        harness_.loop().stop();
    });
    EXPECT_EQ(socket.start_receiving(on_readable.counted()), 0);
    harness_.loop().run();
    harness_.loop().clear_stop();
    socket.stop_receiving();
    EXPECT_EQ(on_readable.references(), 0);
    return calls;
  }

  /// The loop goes without a poll for a short time only, so a busy machine may cut a call short: one attempt of many has to do
  /// what `attempt` looks for. Each has a socket that has tried for nothing yet.
  template <typename Attempt>
  bool in_one_of_many(Attempt attempt) {
    for (int i = 0; i < 200; ++i) {
      Datagram fresh(harness_.loop(), ours_.fd());
      if (attempt(fresh))
        return true;
    }
    return false;
  }
};

TEST_F(DatagramTest, RecordsItsLifeFromOpenToClose) {
  socket_.opened(tracer::kNoName);
  EXPECT_EQ(socket_.send("hello", 5, peer_.address(), sizeof(sockaddr_in)), 5);
  peer_.send(ours_, "abc");
  EXPECT_EQ(socket_.receive(room_.target()), 3);
  socket_.count_sent(7);
  socket_.detach();
  socket_.detach();
  EXPECT_THAT(harness_.events(),
              ElementsAre("handle_opened", "bytes_written 5", "bytes_read 3", "bytes_written 7", "handle_closed"));
  EXPECT_EQ(socket_.handle_id(), 0U);
}

TEST_F(DatagramTest, ReceivesOneAtATimeAndTellsWhoSentIt) {
  peer_.send(ours_, "one");
  peer_.send(ours_, "");
  ASSERT_EQ(socket_.receive(room_.target()), 3);
  EXPECT_EQ(room_.text(3), "one");
  ASSERT_EQ(room_.from_size, sizeof(sockaddr_in));
  EXPECT_EQ(reinterpret_cast<const sockaddr_in&>(room_.from).sin_port, peer_.port());
  EXPECT_EQ(socket_.receive(room_.target()), 0) << "an empty datagram is one, too";
}

TEST_F(DatagramTest, SendsToThePeerThatItIsConnectedTo) {
  ASSERT_EQ(connect(ours_.fd(), peer_.address(), sizeof(sockaddr_in)), 0);
  EXPECT_EQ(socket_.send("x", 1, nullptr, 0), 1);
  EXPECT_EQ(recv(peer_.fd(), room_.bytes, sizeof room_.bytes, MSG_DONTWAIT), 1);
}

TEST_F(DatagramTest, AnswersNegativeErrorNumbers) {
  EXPECT_EQ(socket_.receive(room_.target()), -EAGAIN);
  EXPECT_EQ(socket_.send("x", 1, nullptr, 0), -EDESTADDRREQ);
  const std::string large(70'000, 'x');
  EXPECT_EQ(socket_.send(large.data(), large.size(), peer_.address(), sizeof(sockaddr_in)), -EMSGSIZE);
  EXPECT_THAT(harness_.events(), ElementsAre()) << "nothing was sent or received";
}

TEST_F(DatagramTest, GivesTheReferenceBackIfTheKernelCannotPollIt) {
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  Datagram no_socket(harness_.loop(), file);
  EXPECT_LT(no_socket.start_receiving(on_ready_.counted()), 0);
  EXPECT_LT(no_socket.start_sending(on_ready_.counted()), 0);
  EXPECT_EQ(on_ready_.references(), 0);
  no_socket.detach();
  close(file);
}

TEST_F(DatagramTest, GivesTheReferenceBackIfTheLoopIsClosed) {
  harness_.loop().close();
  EXPECT_EQ(socket_.start_receiving(on_ready_.counted()), Loop::kClosed);
  EXPECT_EQ(socket_.start_sending(on_ready_.counted()), Loop::kClosed);
  EXPECT_EQ(on_ready_.references(), 0);
}

TEST_F(DatagramTest, OneCallReceivesWhatIsThereWithoutAPoll) {
  EXPECT_TRUE(in_one_of_many([&](Datagram& socket) {
    for (const char* text : {"a", "b", "c"}) peer_.send(ours_, text);
    return received_by_call(socket, 3) == std::vector<std::string>{"a,b,c"};
  }));
}

TEST_F(DatagramTest, HoweverManyThereAreOneCallEndsAfter33) {
  std::size_t most = 0;
  in_one_of_many([&](Datagram& socket) {
    for (int i = 0; i < 40; ++i) peer_.send(ours_, "x");
    for (const std::string& call : received_by_call(socket, 40)) most = std::max(most, (call.size() + 1) / 2);
    return most >= 33;
  });
  EXPECT_GT(most, 1U);
  EXPECT_LE(most, 33U);
}

TEST_F(DatagramTest, AfterATryInVainTheNextChanceGoesBy) {
  EXPECT_EQ(Datagram::Unpolled(socket_).receive(room_.target(), on_ready_), -EAGAIN);
  peer_.send(ours_, "a");
  peer_.send(ours_, "b");
  EXPECT_THAT(received_by_call(socket_, 2), ElementsAre("a", "b"));
}

TEST_F(DatagramTest, WithoutAPollAnythingThatCameIsReadyOnlyNow) {
  Datagram::Unpolled unpolled(socket_);
  on_ready_.set_ready_ticks(1);
  EXPECT_EQ(unpolled.receive(room_.target(), on_ready_), -EAGAIN);
  EXPECT_EQ(on_ready_.ready(), 1U);
  peer_.send(ours_, "a");
  EXPECT_EQ(unpolled.receive(room_.target(), on_ready_), 1);
  EXPECT_GT(on_ready_.ready(), 1U);
}

TEST_F(DatagramTest, ADescriptorThatSomebodyClosedHasNothingWithoutAPoll) {
  ours_.close_now();
  EXPECT_EQ(socket_.receive(room_.target()), -EBADF);
  EXPECT_EQ(Datagram::Unpolled(socket_).receive(room_.target(), on_ready_), -EAGAIN);
}

TEST(EagernessTest, LeavesMoreChancesOutAfterEachTryInVainUntilOneIsLucky) {
  Eagerness eagerness;
  const auto left_out = [&] {
    int chances = 0;
    while (!eagerness.tries()) ++chances;
    return chances;
  };
  std::vector<int> gone_by;
  for (int i = 0; i < 7; ++i) {
    gone_by.push_back(left_out());
    eagerness.tried(true);
  }
  EXPECT_THAT(gone_by, ElementsAre(0, 1, 3, 7, 15, 31, 31));
  EXPECT_EQ(left_out(), 31);
  eagerness.tried(false);
  EXPECT_EQ(left_out(), 0);
}

}  // namespace
}  // namespace loopscope::loop
