// Nothing that a stranger put into a name acts on whoever looks at it.

#include "tracer/read/printable.h"

#include <gtest/gtest.h>

#include <random>

namespace loopscope::tracer {
namespace {

TEST(Printable, LeavesWhatCanBeRead) {
  for (const char* text :
       {"", "Server.handle", "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9D\x84\x9E", "<lambda>", "a\\b\"c",
        "\xD9\x86\xE2\x80\x8C\xD9\x87 needs a joiner", "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, EscapesWhatATerminalObeys) {
  EXPECT_EQ(printable("\x1b[2J\a"), "\\x1b[2J\\x07");
  EXPECT_EQ(printable(std::string_view("\0\b\x7f", 3)), "\\x00\\x08\\x7f");
  EXPECT_EQ(printable("a\nb\rc\td"), "a\\nb\\rc\\td") << "one line stays one line";
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\x9b31m")
      << "CSI of 8-bit terminals";
}

TEST(Printable, EscapesWhatChangesHowTheRestIsRead) {
  EXPECT_EQ(printable("\xE2\x80\xAE"
                      "gnp.exe"),
            "\\u202egnp.exe")
      << "right-to-left override";
  EXPECT_EQ(printable("\xE2\x81\xA6"
                      "a\xE2\x81\xA9"),
            "\\u2066a\\u2069")
      << "isolates";
  EXPECT_EQ(printable("\xD8\x9C\xE2\x80\x8F\xE2\x80\x8B"), "\\u061c\\u200f\\u200b");
  EXPECT_EQ(printable("\xE2\x80\xA8\xE2\x80\xA9\xEF\xBB\xBF"), "\\u2028\\u2029\\ufeff")
      << "separators, byte order mark";
  EXPECT_EQ(printable("\xF3\xA0\x81\x81"), "\\U000e0041") << "a tag";
}

TEST(Printable, ShowsBytesThatAreNoCharacter) {
  EXPECT_EQ(printable("\xC0\xAF"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(printable("\xE0\x80\x80"), "\\xe0\\x80\\x80") << "overlong";
  EXPECT_EQ(printable("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(printable("\xE2\x82"), "\\xe2\\x82") << "cut";
  EXPECT_EQ(printable("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond the last character";
  EXPECT_EQ(printable("\x9B"
                      "1m"),
            "\\x9b1m");
}

TEST(Printable, MakesPlainCharactersOfRandomBytes) {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 40, ' ');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    const auto shown = printable(bytes);
    EXPECT_EQ(printable(shown), shown) << "showing twice changes nothing";
    for (std::size_t at = 0; at < shown.size();) {
      const auto [size, code_point] = character_at(shown, at);
      ASSERT_TRUE(code_point != kNoCharacter && is_plain(code_point)) << shown;
      at += size;
    }
  }
}

}  // namespace
}  // namespace loopscope::tracer
