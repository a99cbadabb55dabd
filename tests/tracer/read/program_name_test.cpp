#include "tracer/read/program_name.h"

#include <gtest/gtest.h>

namespace loopscope::tracer {
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
  EXPECT_EQ(program_title("python3"), "python3");
  EXPECT_EQ(program_title(""), "unnamed program");
  EXPECT_EQ(program_line(""), "unnamed program");
}

TEST(ProgramName, CodeWithoutAFileIsCalledByTheWayItCame) {
  EXPECT_EQ(program_title("python3 -c"), "python3 -c");
  EXPECT_EQ(program_title("/usr/bin/python3 -X dev -c import asyncio; serve()"), "python3 -c");
  EXPECT_EQ(program_title("python3 -m loopscope run --no-app -c import asyncio"), "python3 -c");
  EXPECT_EQ(program_line("python3 -m loopscope run -c import asyncio"), "python3 -c import asyncio");
  EXPECT_EQ(program_title("- --port 80"), "python3 -");
  EXPECT_EQ(program_title("/usr/bin/hypercorn -c settings.toml"), "hypercorn") << "an option of the program's own";
}

TEST(ProgramName, ALineIsTheTitleAndTheArgumentsThatItLeavesOut) {
  EXPECT_EQ(program_line("/usr/lib/python3/uvicorn/__main__.py shop:app --port 80"), "uvicorn shop:app --port 80");
  EXPECT_EQ(program_line("/srv/shop.py one"), "shop.py one");
}

TEST(ProgramName, ArgumentsTellWorkersOfOneServiceApart) {
  EXPECT_EQ(program_arguments("/srv/shop_api/__main__.py --port 18080"), "-m shop_api --port 18080");
  EXPECT_EQ(program_arguments("/srv/shop_api/__main__.py --port 18081"), "-m shop_api --port 18081");
  EXPECT_EQ(program_arguments("python3 -m loopscope run /srv/worker.py 3"), "worker.py 3");
}

}  // namespace
}  // namespace loopscope::tracer
