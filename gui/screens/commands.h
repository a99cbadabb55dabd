#pragma once
/// What keys ask for. Pure: a table. Thread: any. Errors: none.

#include <cstdint>
#include <optional>

#include "gui/canvas/keys.h"

namespace loopscope::gui {

enum class Command : std::uint8_t {
  // Of the app, whatever it shows.
  quit,
  larger_text,
  smaller_text,
  plain_text,
  presenter_text,
  other_theme,
  help,
  // Of the live screen.
  sessions,
  toggle_pause,
  zoom_in,
  zoom_out,
  pan_back,
  pan_back_far,
  pan_on,
  pan_on_far,
  follow,
  reset,
  worst_finding,
  next_tab,
  deselect,
};

/// True for commands that mean the same whatever lies over the view.
constexpr bool is_of_the_app(Command command) {
  return command <= Command::help;
}

/// Empty for a key without a meaning of its own. The list of sessions has its own keys.
std::optional<Command> command_of(const KeyPress& press);

}  // namespace loopscope::gui
