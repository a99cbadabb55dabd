/// synthetic-session: writes a made-up live session until it is killed, for looking at the app.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/gui/synthetic_session.h"

namespace {

double number(int argc, char** argv, const char* name, double otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0)
      return std::atof(argv[i + 1]);
  }
  return otherwise;
}

bool flag(int argc, char** argv, const char* name) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0)
      return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  loopscope::testing::SyntheticOptions options;
  options.iterations_per_s = number(argc, argv, "--rate", options.iterations_per_s);
  options.callbacks_per_iteration =
      static_cast<int>(number(argc, argv, "--callbacks", options.callbacks_per_iteration));
  options.blocking_ns = static_cast<std::int64_t>(number(argc, argv, "--block-ms", 30) * 1e6);
  options.gil_wait_share = number(argc, argv, "--gil", options.gil_wait_share);
  options.iteration_limit = static_cast<std::uint64_t>(number(argc, argv, "--iterations", 0));
  options.long_names = flag(argc, argv, "--long-names");
  options.level = static_cast<loopscope::tracer::Level>(static_cast<int>(number(argc, argv, "--level", 2)));
  const double seconds = number(argc, argv, "--seconds", 3600);
  std::string error;
  const auto session = loopscope::testing::SyntheticSession::create(options, error);
  if (!session) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 1;
  }
  std::printf("%s\n", session->path().c_str());
  std::fflush(stdout);
  session->run(static_cast<std::int64_t>(seconds * 1e9));
  if (flag(argc, argv, "--abandon"))
    session->abandon();
  return 0;
}
