/// reading_of SESSION SECONDS: follows a live session as the app does, and says what reading cost and what was lost.
///
/// A second thread takes the place of drawing: ten times a second it keeps the source for as long as a frame does.

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>

#include "gui/model/reader.h"

namespace {

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + t.tv_usec * 1e-6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace loopscope;
  using std::chrono::milliseconds;
  using Clock = std::chrono::steady_clock;
  if (argc != 3) {
    std::fprintf(stderr, "usage: reading_of SESSION SECONDS\n");
    return 2;
  }
  auto opened = tracer::Session::open(argv[1]);
  if (!opened.session) {
    std::fprintf(stderr, "%s\n", opened.message.c_str());
    return 1;
  }
  gui::Reader reader(std::make_unique<gui::TraceSource>(std::move(opened.session), tracer::Level::off));
  std::this_thread::sleep_for(milliseconds(1000));  // past the history
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::duration<double>(std::atof(argv[2]));
  const double used = processor_seconds();
  const auto events = reader.look()->events();
  const auto lost = reader.look()->lost();
  while (Clock::now() < end) {
    {
      const auto source = reader.look();
      std::this_thread::sleep_for(milliseconds(5));
    }
    std::this_thread::sleep_for(milliseconds(95));
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const auto source = reader.look();
  std::printf(R"({"events_per_s": %.0f, "lost": %llu, "cpu_share": %.4f})"
              "\n",
              static_cast<double>(source->events() - events) / seconds,
              static_cast<unsigned long long>(source->lost() - lost), (processor_seconds() - used) / seconds);
  return 0;
}
