/// loopscope-gui: shows a program's event loop while it runs.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <string>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "gui/app.h"
#include "gui/canvas/png.h"
#include "gui/canvas/screen_scale.h"
#include "gui/canvas/window.h"
#include "gui/model/pacing.h"
#include "tracer/read/printable.h"
#include "tracer/read/session_list.h"

namespace {

using namespace loopscope;
using gui::App;
using gui::Window;

constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;  // bad arguments, no such session, no display
constexpr double kWaitForSession = 10;

struct Arguments {
  std::string session;
  std::string screenshot;
  double after = 3;
  std::string size = "1600x1000";
  std::string theme = "dark";
  std::string level = "callbacks";
  float scale = 1;
  bool no_raise = false;
  bool show_worst = false;
  int width = 0;
  int height = 0;
};

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double processor_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

std::string check_size(const std::string& text) {
  int width = 0;
  int height = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%dx%d%c", &width, &height, &rest) != 2)
    return "SIZE is WIDTHxHEIGHT, for example 1600x1000, not " + text;
  if (width < 800 || height < 520 || width > 7680 || height > 4320)
    return "SIZE lies between 800x520 and 7680x4320, " + text + " does not";
  return {};
}

/// CLI::Range accepts "nan", because it is neither below the least value nor above the most.
CLI::Validator between(double least, double most) {
  const auto check = [least, most](const std::string& text) -> std::string {
    double value = 0;
    const bool number = CLI::detail::lexical_cast(text, value);
    return number && value >= least && value <= most
               ? ""
               : fmt::format("expected a number from {} to {}, not {}", least, most, text);
  };
  return CLI::Validator(check, fmt::format("{} to {}", least, most));
}

void describe(CLI::App& cli, Arguments& arguments) {
  cli.add_option("SESSION", arguments.session,
                 "pid, PID.LOOP or path; without it the only live session, or a list to pick from");
  auto* screenshot =
      cli.add_option("--screenshot", arguments.screenshot, "write a picture to this PNG file and exit")
          ->type_name("OUT.png");
  cli.add_option("--after", arguments.after, "seconds to watch before the screenshot")
      ->check(between(0, 3600))
      ->needs(screenshot)
      ->capture_default_str();
  cli.add_flag("--show-worst", arguments.show_worst, "bring the worst finding into view for the screenshot")
      ->needs(screenshot);
  cli.add_option("--size", arguments.size, "size of the window")
      ->check(CLI::Validator(check_size, "WxH"))
      ->capture_default_str();
  cli.add_option("--theme", arguments.theme, "dark or light")
      ->check(CLI::IsMember({"dark", "light"}))
      ->capture_default_str();
  cli.add_option("--scale", arguments.scale, "scale of text and everything else; 1.7 is for presenters")
      ->check(between(0.7, 3))
      ->capture_default_str();
  cli.add_option("--level", arguments.level, "the level to ask the program for while attached")
      ->check(CLI::IsMember({"phases", "callbacks", "tasks"}))
      ->capture_default_str();
  cli.add_flag("--no-raise", arguments.no_raise, "leave the program's level as it is");
}

gui::AppOptions app_options(const Arguments& arguments) {
  gui::AppOptions options;
  options.dark = arguments.theme == "dark";
  options.scale = arguments.scale;
  options.unattended = !arguments.screenshot.empty();
  options.level = arguments.no_raise               ? tracer::Level::off
                  : arguments.level == "phases"    ? tracer::Level::phases
                  : arguments.level == "callbacks" ? tracer::Level::callbacks
                                                   : tracer::Level::tasks;
  return options;
}

/// True if several sessions are live. Then waiting for one makes no sense.
bool several_live() {
  std::string error;
  const auto entries = tracer::list_sessions(error);
  return std::count_if(entries.begin(), entries.end(), [](const auto& entry) { return entry.alive; }) > 1;
}

/// The path of the session that the user asked for. For a screenshot it waits until the session appears.
std::string wait_for_session(const Arguments& arguments, std::string& error) {
  const double deadline = seconds_now() + (arguments.screenshot.empty() ? 0 : kWaitForSession);
  for (;;) {
    error.clear();
    const std::string path = tracer::find_session(arguments.session, error);
    if (!path.empty() || seconds_now() >= deadline || (arguments.session.empty() && several_live()))
      return path;
    timespec moment{0, 100'000'000};
    nanosleep(&moment, nullptr);
  }
}

/// Waits until the next frame is due, or until there is input. True if there was input.
bool rest(Window& window, App& app, gui::PacingState pacing, double start, double begin, double stop_at) {
  constexpr double kLook = 0.05;
  double last_input = begin - pacing.since_input;
  for (;;) {
    const double now = seconds_now();
    pacing.focused = window.focused() || stop_at > 0;
    pacing.iconified = window.iconified();
    pacing.motion = app.motion(now - start);
    pacing.since_input = now - last_input;
    double due = begin + gui::frame_interval(pacing);
    if (stop_at > 0)
      due = std::min(due, stop_at);
    if (now >= due || window.should_close())
      return false;
    if (window.wait(std::min(due - now, kLook)))
      return true;
  }
}

/// Draws until the window is closed, or until `stop_at` if that is positive.
void run_frames(Window& window, App& app, double stop_at) {
  const double start = seconds_now();
  double last_input = start;
  gui::PacingState pacing;
  pacing.software = window.software_rendering();
  while (!window.should_close() && !app.quit()) {
    const double begin = seconds_now();
    const double used = processor_seconds();
    app.frame(begin - start);
    pacing.frame_cost += (processor_seconds() - used - pacing.frame_cost) * 0.2;
    if (stop_at > 0 && seconds_now() >= stop_at)
      return;
    pacing.since_input = begin - last_input;
    if (!rest(window, app, pacing, start, begin, stop_at))
      continue;
    // Draw input soon, but not more often than the cost of a frame allows.
    last_input = seconds_now();
    const double least = window.software_rendering() ? std::max(1.0 / 30, pacing.frame_cost / 0.7) : 0;
    const double pause = begin + least - seconds_now();
    if (pause > 0)
      window.wait(pause);
  }
}

int take_screenshot(Window& window, App& app, const Arguments& arguments) {
  run_frames(window, app, seconds_now() + std::max(arguments.after, 0.05));
  if (arguments.show_worst && app.show_worst_finding())
    run_frames(window, app, seconds_now() + 0.2);
  gui::Image image;
  app.frame(seconds_now(), &image);
  std::string error;
  if (!gui::write_png(arguments.screenshot, image, error)) {
    spdlog::error("{}", error);
    return kFailed;
  }
  spdlog::info("screenshot: {}", arguments.screenshot);
  return kOk;
}

void warn_of_too_large_text(const Window& window, float wanted) {
  const gui::WindowGeometry geometry = window.geometry();
  const float most = gui::most_wanted(geometry.pixels, geometry.scale);
  if (wanted > most)
    spdlog::warn("--scale {} is more than this window can hold; it is drawn with --scale {:.2f}", wanted, most);
}

int run(const Arguments& arguments) {
  std::string error;
  const bool must_have = !arguments.session.empty() || !arguments.screenshot.empty();
  std::string path;
  if (must_have) {
    path = wait_for_session(arguments, error);
    if (path.empty()) {
      spdlog::error("{}", error);
      return kUsage;
    }
  }
  int width = 0;
  int height = 0;
  std::sscanf(arguments.size.c_str(), "%dx%d", &width, &height);
  Window::Opened opened = Window::open(width, height, "loopscope");
  if (!opened.window) {
    spdlog::error("{}", opened.message);
    return kUsage;
  }
  Window& window = *opened.window;
  warn_of_too_large_text(window, arguments.scale);
  App app(window, app_options(arguments));
  if (!path.empty()) {
    const std::string problem = app.attach(path);
    if (!problem.empty()) {
      spdlog::error("{}", problem);
      return kUsage;
    }
  }
  if (!arguments.screenshot.empty())
    return take_screenshot(window, app, arguments);
  spdlog::debug("OpenGL renderer: {}", window.renderer());
  run_frames(window, app, 0);
  return kOk;
}

/// Opens /dev/null for each standard descriptor that is closed. Otherwise a file of ours, such as a session, would get that number
/// and our messages.
void take_standard_descriptors() {
  int descriptor = 0;
  do descriptor = open("/dev/null", O_RDWR);
  while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  close(descriptor);
}

int show_help(const CLI::App& cli, const CLI::Success& help) {
  const int code = cli.exit(help);
  if (std::cout.flush())
    return code;
  spdlog::error("cannot write to stdout: {}", std::strerror(errno));
  return kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  take_standard_descriptors();
  spdlog::set_default_logger(spdlog::stderr_logger_st("loopscope-gui"));
  spdlog::set_pattern("%n: %v");
  CLI::App cli{"Shows what a program's event loop does while it does it."};
  Arguments arguments;
  describe(cli, arguments);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return show_help(cli, help);
  } catch (const CLI::ParseError& wrong) {
    spdlog::error("{} (see --help)", tracer::printable(wrong.what()));
    return kUsage;
  }
  try {
    return run(arguments);
  } catch (const std::exception& failure) {
    spdlog::error("{}", failure.what());
    return kFailed;
  }
}
