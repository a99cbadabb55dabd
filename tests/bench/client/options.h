#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>

namespace loopscope::bench {

enum class Protocol { tcp, unix_socket, udp, tls, http };

/// What the command line asks for, as NAME=VALUE.
struct Options {
  Protocol protocol = Protocol::tcp;
  std::string address;  // a port of 127.0.0.1, or the path of a Unix socket
  std::size_t connections = 10;
  std::size_t message_bytes = 1024;  // of an echo, or of the body of an HTTP response
  std::chrono::duration<double> measured{1.0};
  std::chrono::duration<double> warm_up{0.2};
  std::chrono::duration<double> patience{100};  // for an answer
  pid_t server = 0;                             // whose CPU time is reported
  bool reconnect = false;                       // a connection for each message
  bool hold = false;                            // open the connections, then only keep them until stdin ends
};

/// Throws Failure with a sentence if something is missing or makes no sense.
Options parse_options(int argc, char** argv);

}  // namespace loopscope::bench
