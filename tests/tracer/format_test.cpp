// The page for people says what the header says.

#include "tracer/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "tests/tracer/sessions.h"
#include "tracer/words.h"

namespace loopscope::tracer {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class FormatPage : public ::testing::Test {
 protected:
  static std::string read() {
    std::ifstream file(LOOPSCOPE_SOURCE_DIR "/docs/trace_format.md");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  template <typename Words>
  void expect_numbered(const Words& words) const {
    for (std::size_t i = 0; i < words.size(); ++i)
      EXPECT_THAT(page, HasSubstr(std::to_string(i).append(" `").append(words[i]).append("`")));
  }
  const std::string page = read();
};

TEST_F(FormatPage, HasEveryEventWithItsNumber) {
  for (std::size_t i = 1; i < words::kEvents.size(); ++i)
    EXPECT_THAT(
        page,
        HasSubstr(
            std::string("| ").append(std::to_string(i)).append(" | `").append(words::kEvents[i]).append("` |")));
}

TEST_F(FormatPage, HasEveryKindWithItsNumber) {
  expect_numbered(words::kPhases);
  expect_numbered(words::kLevels);
  expect_numbered(words::kReasons);
  expect_numbered(words::kCallbackKinds);
  expect_numbered(words::kHandleKinds);
  expect_numbered(words::kUnqueued);
  expect_numbered(words::kAwaits);
  expect_numbered(words::kJobKinds);
  expect_numbered(words::kJobEnds);
}

TEST_F(FormatPage, HasTheOffsetsOfADefaultSession) {
  const auto session = WritableSession::create_in_memory(testing::small_facts(kDefaultRingEvents));
  const auto& header = session->header();
  const std::pair<std::uint64_t, const char*> parts[] = {
      {header.present_offset, "present"},
      {header.counters_offset, "counters"},
      {header.control_offset, "control"},
      {header.handle_slots_offset, "handles"},
      {header.task_slots_offset, "tasks"},
      {header.tracks[0].counts_offset, "counts of the loop's track"},
      {header.tracks[0].names_offset, "names of the loop's track"},
      {header.tracks[0].ring_offset, "ring of the loop's track"},
      {header.tracks[1].counts_offset, "counts of the watchdog's track"},
      {header.tracks[1].names_offset, "names of the watchdog's track"},
      {header.tracks[1].ring_offset, "ring of the watchdog's track"},
      {header.size_bytes, "= size"}};
  for (const auto& [offset, name] : parts)
    EXPECT_THAT(page, ContainsRegex(std::string("\n").append(std::to_string(offset)).append(" .*").append(name)))
        << name;
  const std::pair<std::uint64_t, std::size_t> sizes[] = {{header.present_offset, sizeof(Present)},
                                                         {header.counters_offset, sizeof(Counters)},
                                                         {header.control_offset, sizeof(Control)}};
  for (const auto& [offset, size] : sizes)
    EXPECT_THAT(page, ContainsRegex("\n" + std::to_string(offset) + " +" + std::to_string(size) + " "));
  EXPECT_THAT(page, HasSubstr(std::string("This is version ").append(std::to_string(kFormatVersion))));
}

TEST(Words, AreOneForEachNumber) {
  EXPECT_EQ(event_name(EventType::level_changed), "level_changed");
  EXPECT_EQ(phase_name(Phase::closing), "closing");
  EXPECT_EQ(reason_name(PollReason::not_waiting), "not_waiting");
  EXPECT_EQ(callback_kind_name(CallbackKind::internal), "internal");
  EXPECT_EQ(handle_kind_name(HandleKind::wakeup), "wakeup");
  EXPECT_EQ(phase_name(static_cast<Phase>(99)), "unknown");
}

TEST(Words, OfLevelsAreReadBack) {
  for (int i = 0; i <= 3; ++i) EXPECT_EQ(parse_level(level_name(static_cast<Level>(i))), static_cast<Level>(i));
  EXPECT_EQ(parse_level("loud"), std::nullopt);
  EXPECT_EQ(parse_level(""), std::nullopt);
}

}  // namespace
}  // namespace loopscope::tracer
