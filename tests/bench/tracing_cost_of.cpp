// What the app would say that recording costs a running program: tracing_cost_of SESSION SECONDS prints it as JSON.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>

#include "gui/model/digest.h"
#include "tracer/write/cost_calibration.h"

int main(int argc, char** argv) {
  using namespace loopscope;
  if (argc != 3) {
    std::fprintf(stderr, "usage: tracing_cost_of SESSION SECONDS\n");
    return 2;
  }
  auto opened = tracer::Session::open(argv[1]);
  if (!opened.session) {
    std::fprintf(stderr, "%s\n", opened.message.c_str());
    return 1;
  }
  const gui::Calibration calibration{true, tracer::measure_recording_costs()};
  gui::TraceSource source(std::move(opened.session), tracer::Level::off);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(std::atof(argv[2]));
  while (std::chrono::steady_clock::now() < end) {
    source.pump(8'000'000);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const auto said = gui::make_digest(source, calibration).recording;
  if (said.state != gui::Recording::State::known) {
    std::fprintf(stderr, "it is not known\n");
    return 1;
  }
  std::printf(R"({"event_ns": %.3f, "events": %.0f, "share": %.6f})"
              "\n",
              said.cost.ns_an_event(), said.cost.events, said.share);
  return 0;
}
