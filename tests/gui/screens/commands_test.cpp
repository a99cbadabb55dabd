#include "gui/screens/commands.h"

#include <gtest/gtest.h>

#include <set>

namespace loopscope::gui {
namespace {

std::optional<Command> plain(Key key) {
  return command_of({key, false, false});
}

TEST(Commands, CtrlIsForTheSizeOfTextAndForTheEnd) {
  EXPECT_EQ(command_of({Key::plus, true, false}), Command::larger_text);
  EXPECT_EQ(command_of({Key::minus, true, false}), Command::smaller_text);
  EXPECT_EQ(command_of({Key::zero, true, false}), Command::plain_text);
  EXPECT_EQ(command_of({Key::q, true, false}), Command::quit);
  EXPECT_EQ(command_of({Key::space, true, false}), std::nullopt);
}

TEST(Commands, QAloneDoesNotEndTheApp) {
  EXPECT_EQ(plain(Key::q), std::nullopt);
}

TEST(Commands, ShiftGoesFurther) {
  EXPECT_EQ(plain(Key::left), Command::pan_back);
  EXPECT_EQ(command_of({Key::left, false, true}), Command::pan_back_far);
  EXPECT_EQ(command_of({Key::right, false, true}), Command::pan_on_far);
}

TEST(Commands, EveryCommandHasAKey) {
  std::set<Command> reached;
  for (std::size_t key = 0; key < kKeyCount; ++key) {
    for (const bool ctrl : {false, true}) {
      for (const bool shift : {false, true}) {
        if (const auto command = command_of({static_cast<Key>(key), ctrl, shift}))
          reached.insert(*command);
      }
    }
  }
  EXPECT_EQ(reached.size(), static_cast<std::size_t>(Command::deselect) + 1);
}

TEST(Commands, OnlyTheAppsOwnKeysWorkWhateverLiesOverTheView) {
  EXPECT_TRUE(is_of_the_app(Command::quit));
  EXPECT_TRUE(is_of_the_app(Command::help));
  EXPECT_FALSE(is_of_the_app(Command::sessions));
  EXPECT_FALSE(is_of_the_app(Command::toggle_pause));
}

}  // namespace
}  // namespace loopscope::gui
