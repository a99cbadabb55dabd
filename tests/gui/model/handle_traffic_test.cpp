#include "gui/model/handle_traffic.h"

#include <gtest/gtest.h>

namespace loopscope::gui {
namespace {

using tracer::EventType;
using tracer::Level;
using tracer::TraceEvent;

TraceEvent event(EventType type, std::uint64_t handle, std::int64_t value = 0, std::int64_t t_ns = 1) {
  TraceEvent made{};
  made.type = type;
  made.object = handle;
  made.value = value;
  made.t_ns = t_ns;
  return made;
}

TEST(HandleTraffic, AddsUpWhatWentThroughAHandle) {
  HandleTrafficTable table;
  table.add(event(EventType::handle_opened, 7));
  table.add(event(EventType::bytes_read, 7, 100, 10));
  table.add(event(EventType::bytes_read, 7, 20, 20));
  table.add(event(EventType::bytes_written, 7, 5, 30));
  table.add(event(EventType::bytes_read, 8, 999, 40));
  const HandleTraffic* handle = table.of(7);
  ASSERT_NE(handle, nullptr);
  EXPECT_EQ(handle->bytes_in, 120U);
  EXPECT_EQ(handle->bytes_out, 5U);
  EXPECT_EQ(handle->last_ns, 30);
  EXPECT_TRUE(handle->complete);
}

TEST(HandleTraffic, OfAHandleThatWasThereBeforeThereMayHaveBeenMore) {
  HandleTrafficTable table;
  table.add(event(EventType::bytes_read, 7, 100));
  EXPECT_FALSE(table.of(7)->complete);
}

TEST(HandleTraffic, AfterALossOrALowerLevelThereMayHaveBeenMore) {
  for (const bool lost : {true, false}) {
    HandleTrafficTable table;
    table.add(event(EventType::handle_opened, 7));
    if (lost) {
      table.lose();
    } else {
      TraceEvent fall = event(EventType::level_changed, 0);
      fall.kind = static_cast<std::uint8_t>(Level::phases);
      table.add(fall);
    }
    EXPECT_FALSE(table.of(7)->complete) << lost;
  }
}

TEST(HandleTraffic, AClosedHandleIsForgotten) {
  HandleTrafficTable table;
  table.add(event(EventType::handle_opened, 7));
  table.add(event(EventType::handle_closed, 7));
  EXPECT_EQ(table.of(7), nullptr);
}

TEST(HandleTraffic, ItsMemoryHasAnEnd) {
  HandleTrafficTable table;
  for (std::uint64_t id = 1; id <= HandleTrafficTable::kMostHandles + 5; ++id)
    table.add(event(EventType::handle_opened, id));
  EXPECT_NE(table.of(HandleTrafficTable::kMostHandles), nullptr);
  EXPECT_EQ(table.of(HandleTrafficTable::kMostHandles + 1), nullptr);
}

}  // namespace
}  // namespace loopscope::gui
