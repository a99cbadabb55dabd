#include "gui/model/socket_names.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace loopscope::gui {
namespace {

TEST(SocketNames, ReadsALineOfTheKernel) {
  const auto entry = parse_inet_line(
      "   3: 0100007F:1F90 0200A8C0:D431 01 00000000:00000000 00:00000000 00000000  1000        0 48213 1 0000",
      SocketFamily::ipv4);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->local, "127.0.0.1:8080");
  EXPECT_EQ(entry->peer, "192.168.0.2:54321");
  EXPECT_EQ(entry->inode, 48213U);
  EXPECT_FALSE(entry->listens);
}

TEST(SocketNames, AListenerHasNoPeer) {
  const auto entry = parse_inet_line(
      "   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 77 1",
      SocketFamily::ipv6);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->local, "[::1]:80");
  EXPECT_EQ(entry->peer, "");
  EXPECT_TRUE(entry->listens);
}

TEST(SocketNames, WhatIsNoLineIsNothing) {
  EXPECT_FALSE(parse_inet_line("  sl  local_address rem_address   st tx_queue", SocketFamily::ipv4));
  EXPECT_FALSE(parse_inet_line("", SocketFamily::ipv4));
  EXPECT_FALSE(parse_inet_line("0: 0100007F:1F90 zz:1 01 0 0 0 0 0 5", SocketFamily::ipv4));
  EXPECT_FALSE(parse_unix_line("Num       RefCount Protocol Flags    Type St Inode Path"));
}

TEST(SocketNames, AUnixSocketIsKnownByItsPath) {
  const auto entry = parse_unix_line("0000000000000000: 00000002 00000000 00010000 0001 01 30211 /run/shop.sock");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->local, "/run/shop.sock");
  EXPECT_TRUE(entry->listens);
}

/// A listener and a connection to it, of this process.
class OwnSockets : public ::testing::Test {
 protected:
  void SetUp() override {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(bind(listener_, any, size), 0);
    ASSERT_EQ(listen(listener_, 1), 0);
    ASSERT_EQ(getsockname(listener_, any, &size), 0);
    port_ = ntohs(address.sin_port);
    ASSERT_EQ(connect(client_, any, size), 0);
  }
  void TearDown() override {
    close(client_);
    close(listener_);
  }
  const int listener_ = socket(AF_INET, SOCK_STREAM, 0);
  const int client_ = socket(AF_INET, SOCK_STREAM, 0);
  std::uint16_t port_ = 0;
};

TEST_F(OwnSockets, AreFoundByTheirDescriptor) {
  const auto pid = static_cast<std::uint32_t>(getpid());
  const SocketTable table = SocketTable::read(pid);
  const SocketEntry* listening = table.of(pid, listener_);
  ASSERT_NE(listening, nullptr);
  EXPECT_TRUE(listening->listens);
  EXPECT_EQ(listening->local_port, port_);
  const SocketEntry* connected = table.of(pid, client_);
  ASSERT_NE(connected, nullptr);
  EXPECT_EQ(connected->peer, "127.0.0.1:" + std::to_string(port_));
}

TEST_F(OwnSockets, WhatIsNoSocketIsNotCalledOne) {
  const auto pid = static_cast<std::uint32_t>(getpid());
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  EXPECT_EQ(SocketTable::read(pid).of(pid, ends[0]), nullptr);
  EXPECT_EQ(SocketTable::read(pid).of(pid, 1 << 20), nullptr);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace loopscope::gui
