#include "gui/model/window_title.h"

#include <gtest/gtest.h>

namespace loopscope::gui {
namespace {

TEST(WindowTitle, WindowsOfTwoWorkersAreToldApart) {
  EXPECT_EQ(window_title("python3 /srv/chat_server.py --port 1", 4711), "loopscope · chat_server.py · pid 4711");
}

}  // namespace
}  // namespace loopscope::gui
