#include "gui/views/help_text.h"

namespace loopscope::gui {

using tracer::Activity;

std::vector<HelpKey> help_keys() {
  return {
      {"Space", "pause or resume the view; the program runs on", {Key::space}},
      {"F or End", "back to live", {Key::f, Key::end}},
      {"0 or Home", "back to live, and to the last 2 seconds", {Key::zero, Key::home}},
      {"+ - or up, down", "zoom the timeline", {Key::plus, Key::minus, Key::up, Key::down}},
      {"left, right", "move along the timeline; with Shift farther", {Key::left, Key::right}},
      {"G", "show the worst finding", {Key::g}},
      {"Tab", "the next table", {Key::tab}},
      {"S or L", "sessions; arrows and Enter choose one", {Key::s, Key::l, Key::enter}},
      {"Esc", "deselect, or close what lies on top", {Key::escape}},
      {"F2", "presenter size", {Key::f2}},
      {"F3", "light or dark", {Key::f3}},
      {"Ctrl and + - 0", "larger, smaller, plain text", {Key::plus, Key::minus, Key::zero}},
      {"Ctrl-Q", "quit", {Key::q}},
      {"F1, H or ?", "this help", {Key::f1, Key::h, Key::question}},
  };
}

std::vector<HelpGesture> help_gestures() {
  return {
      {"wheel on the timeline", "zoom around the mouse"},
      {"drag the timeline", "move along it; this leaves live"},
      {"click a callback", "outline all its runs"},
      {"click a finding", "show it in the timeline"},
      {"click a heading", "sort the table by it"},
      {"wheel on a list", "scroll it"},
      {"point at anything", "its numbers, and cut words whole"},
  };
}

std::vector<HelpSign> help_signs() {
  using Look = HelpSign::Look;
  return {
      {Look::asleep, "", Activity::poll_asleep, "asleep in poll: nothing to do"},
      {Look::plain, "", Activity::idle, "ready queue: callbacks, steps of tasks (idle phase)"},
      {Look::plain, "", Activity::poll_io, "callbacks of sockets, in poll"},
      {Look::plain, "", Activity::timers, "timers"},
      {Look::plain, "", Activity::closing, "closing callbacks of handles"},
      {Look::plain, "", Activity::prepare, "prepare: the loop decides how long it may sleep"},
      {Look::plain, "", Activity::check, "check: from poll to the next phase"},
      {Look::plain, "", Activity::gil_wait, "awake, but waiting for the GIL"},
      {Look::held, "", Activity::unknown, "a callback that held the loop for 10 ms or more"},
      {Look::waits, "", Activity::unknown, "a task that is ready and waits for its turn"},
      {Look::not_recorded, "", Activity::unknown, "not recorded at this level: not known"},
      {Look::lost, "", Activity::unknown, "events were lost: not known"},
      {Look::triangle, "", Activity::unknown, "alarm: from 25 ms"},
      {Look::diamond, "", Activity::unknown, "warning: from 10 ms"},
      {Look::word, "≥  ~  –", Activity::unknown, "at least; an estimate; not known"},
  };
}

}  // namespace loopscope::gui
