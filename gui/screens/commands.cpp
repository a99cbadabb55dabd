#include "gui/screens/commands.h"

namespace loopscope::gui {

namespace {

std::optional<Command> with_ctrl(Key key) {
  switch (key) {
    case Key::plus:
      return Command::larger_text;
    case Key::minus:
      return Command::smaller_text;
    case Key::zero:
      return Command::plain_text;
    case Key::q:
      return Command::quit;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Command> command_of(const KeyPress& press) {
  if (press.ctrl)
    return with_ctrl(press.key);
  switch (press.key) {
    case Key::f1:
    case Key::h:
    case Key::question:
      return Command::help;
    case Key::f2:
      return Command::presenter_text;
    case Key::f3:
      return Command::other_theme;
    case Key::space:
      return Command::toggle_pause;
    case Key::plus:
    case Key::up:
      return Command::zoom_in;
    case Key::minus:
    case Key::down:
      return Command::zoom_out;
    case Key::left:
      return press.shift ? Command::pan_back_far : Command::pan_back;
    case Key::right:
      return press.shift ? Command::pan_on_far : Command::pan_on;
    case Key::f:
    case Key::end:
      return Command::follow;
    case Key::zero:
    case Key::home:
      return Command::reset;
    case Key::s:
    case Key::l:
      return Command::sessions;
    case Key::g:
      return Command::worst_finding;
    case Key::tab:
      return Command::next_tab;
    case Key::escape:
      return Command::deselect;
    case Key::enter:
    case Key::q:
      break;
  }
  return std::nullopt;
}

}  // namespace loopscope::gui
