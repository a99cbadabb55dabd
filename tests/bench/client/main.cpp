// The client of all servers that are measured: a closed loop of requests, in a process of its own. Prints "open" when
// all connections are made, and one JSON object at the end; pin it to a CPU of its own. Usage: options.cpp.

#include <sys/resource.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <exception>

#include "tests/bench/client/closed_loop.h"

namespace {

using namespace loopscope::bench;

void allow_many_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void wait_for_end_of_stdin() {
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

void print(const Measurement& measured) {
  const auto us = [&](double share) {
    return static_cast<double>(measured.latencies->percentile_ns(share)) / 1000.0;
  };
  std::printf(R"({"requests": %)" PRIu64 R"(, "seconds": %.6f, "p50_us": %.2f, "p99_us": %.2f, "p999_us": %.2f, )"
              R"("sent_again": %)" PRIu64 R"(, "client_idle": %.3f, "server_ns": %)" PRId64
              R"(, "server_sampled_ns": %)" PRId64 R"(, "server_sampled_user_ns": %)" PRId64 "}\n",
              measured.answers, measured.seconds, us(0.5), us(0.99), us(0.999), measured.sent_again,
              measured.idle_share, measured.server.total_ns, measured.server.sampled_ns,
              measured.server.sampled_user_ns);
}

int run(const Options& options) {
  allow_many_descriptors();
  ClosedLoop client(options);
  client.open();
  std::printf("open\n");
  std::fflush(stdout);
  if (options.hold)
    wait_for_end_of_stdin();
  else
    print(client.measure());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse_options(argc, argv));
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "bench_client: %s\n", problem.what());
    return 1;
  }
}
