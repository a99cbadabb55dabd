#include "gui/canvas/font_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace loopscope::gui {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;

class FontFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/loopscope-fonts-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void put(const std::string& path) {
    std::filesystem::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path) << "x";
  }
  std::filesystem::path folder_;
};

TEST_F(FontFiles, AreFoundInTheOrderInWhichTheyAreAsked) {
  put("misc/unifont.ttf");
  put("opentype/noto/NotoSansCJK-Regular.ttc");
  put("truetype/dejavu/DejaVuSans.ttf");
  EXPECT_THAT(
      fallback_fonts({folder_}),
      ElementsAre(EndsWith("DejaVuSans.ttf"), EndsWith("NotoSansCJK-Regular.ttc"), EndsWith("unifont.ttf")));
}

TEST_F(FontFiles, WhatTheRendererCannotReadIsNone) {
  put("misc/unifont.pcf.gz");
  put("truetype/dejavu/DejaVuSans-Bold.ttf");
  EXPECT_THAT(fallback_fonts({folder_}), IsEmpty());
}

TEST_F(FontFiles, AFolderThatIsNotThereHoldsNone) {
  EXPECT_THAT(fallback_fonts({folder_ / "nowhere"}), IsEmpty());
}

}  // namespace
}  // namespace loopscope::gui
