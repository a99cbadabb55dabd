#include "gui/model/program_name.h"

#include <gtest/gtest.h>

namespace loopscope::gui {
namespace {

TEST(ProgramName, AScriptIsCalledByItsFile) {
  EXPECT_EQ(program_title("python3 -m loopscope run /home/ada/chat_server.py --port 8888"), "chat_server.py");
  EXPECT_EQ(program_title("/srv/shop.py"), "shop.py");
}

TEST(ProgramName, AModuleIsCalledByItsNameAndNeverMain) {
  EXPECT_EQ(program_title("/usr/lib/python3/dist-packages/uvicorn/__main__.py shop:app --port 80"),
            "uvicorn shop:app");
  EXPECT_EQ(program_title("python3 -m uvicorn shop:app"), "uvicorn shop:app");
  EXPECT_EQ(program_title("/srv/shop_api/__main__.py --port 18080"), "shop_api");
  EXPECT_EQ(program_title("/opt/loopscope/__main__.py run -m shop_api"), "shop_api");
}

TEST(ProgramName, WithoutAnyNameItIsWhatWasTyped) {
  EXPECT_EQ(program_title("python3 -c"), "python3 -c");
  EXPECT_EQ(program_title(""), "unnamed program");
}

TEST(ProgramName, ArgumentsTellWorkersOfOneServiceApart) {
  EXPECT_EQ(program_arguments("/srv/shop_api/__main__.py --port 18080"), "-m shop_api --port 18080");
  EXPECT_EQ(program_arguments("/srv/shop_api/__main__.py --port 18081"), "-m shop_api --port 18081");
  EXPECT_EQ(program_arguments("python3 -m loopscope run /srv/worker.py 3"), "worker.py 3");
}

}  // namespace
}  // namespace loopscope::gui
