// Where a stall stood, and what its thread did.

#include "tracer/analysis/stall_words.h"

#include <gtest/gtest.h>

#include "tests/tracer/analysis/events.h"

namespace loopscope::tracer {
namespace {

using testing::kMs;
using testing::kStart;

Stall lasting(std::int64_t ms) {
  Stall stall;
  stall.kind = StallKind::callback;
  stall.begin_ns = kStart;
  stall.end_ns = kStart + ms * kMs;
  stall.end = StallEnd::exact;
  return stall;
}
Stall sampled(std::int64_t ms, const std::vector<ThreadDoing>& doings) {
  Stall stall = lasting(ms);
  for (const auto doing : doings) stall.samples.push_back({.doing = doing});
  return stall;
}
Between ms(std::int64_t least, std::int64_t most) {
  return {least * kMs, most * kMs};
}

TEST(StallLabel, IsWhatMostSamplesSay) {
  using enum ThreadDoing;
  const auto label = label_of(sampled(40, {in_system_call, on_cpu, in_system_call}));
  EXPECT_EQ(label.doing, in_system_call);
  EXPECT_EQ(label.samples, 2U);
  EXPECT_EQ(label.of, 3U);
}

TEST(StallLabel, NamesTheSystemCall) {
  Stall stall = sampled(40, {ThreadDoing::in_system_call});
  stall.samples[0].system_call = 12;
  EXPECT_EQ(label_of(stall).system_call, 12U);
  EXPECT_EQ(label_text(label_of(stall), "clock_nanosleep"), "in the system call clock_nanosleep");
}

TEST(StallLabel, TimeWithoutACpuIsTheSchedulers) {
  Stall stall = sampled(40, {ThreadDoing::on_cpu, ThreadDoing::on_cpu});
  stall.delay = ms(21, 22);
  EXPECT_EQ(label_of(stall).doing, ThreadDoing::waiting_for_cpu);
  stall.delay = ms(20, 22);
  EXPECT_EQ(label_of(stall).doing, ThreadDoing::on_cpu) << "half of it is not most of it";
}

TEST(StallLabel, WhoRanLessThanItWaitedForACpuMostlyWaited) {
  Stall stall = sampled(40, {ThreadDoing::on_cpu});
  stall.delay = ms(10, 12);
  stall.cpu = ms(5, 9);
  EXPECT_EQ(label_of(stall).doing, ThreadDoing::waiting_for_cpu);
  stall.cpu = ms(5, 10);
  EXPECT_EQ(label_of(stall).doing, ThreadDoing::on_cpu);
}

TEST(StallLabel, AnInstantDoesNotOutvoteWhatTheKernelCounted) {
  using enum ThreadDoing;
  Stall stall = sampled(48, {waiting_for_cpu, in_system_call, waiting_for_cpu});
  stall.delay = ms(0, 9);
  EXPECT_EQ(label_of(stall).doing, in_system_call);
  stall.delay = ms(0, 24);
  EXPECT_EQ(label_of(stall).doing, waiting_for_cpu);
}

TEST(StallLabel, WhoRanForMostOfItWasOnACpu) {
  Stall stall = sampled(40, {ThreadDoing::in_system_call});
  stall.cpu = ms(21, 40);
  EXPECT_EQ(label_of(stall).doing, ThreadDoing::on_cpu);
  stall.cpu = ms(20, 40);
  EXPECT_EQ(label_of(stall).doing, ThreadDoing::in_system_call);
}

TEST(StallLabel, GarbageCollectionIsNoPlainWork) {
  Stall stall = sampled(40, {ThreadDoing::collecting, ThreadDoing::collecting, ThreadDoing::on_cpu});
  stall.cpu = ms(39, 40);
  EXPECT_EQ(label_of(stall).doing, ThreadDoing::collecting);
}

TEST(StallLabel, WithoutEvidenceItIsUnknown) {
  EXPECT_EQ(label_of(lasting(40)).doing, ThreadDoing::unknown);
  EXPECT_EQ(label_of(sampled(40, {ThreadDoing::unknown, ThreadDoing::unknown})).doing, ThreadDoing::unknown);
}

TEST(StallLabel, AWaitForTheGilNeedsNoSample) {
  Stall stall = lasting(40);
  stall.kind = StallKind::gil_wait;
  EXPECT_EQ(label_of(stall).doing, ThreadDoing::waiting_for_gil);
}

TEST(OwnFile, IsTheUsersCodeOnly) {
  EXPECT_TRUE(is_own_file("/srv/shop/report.py"));
  EXPECT_TRUE(is_own_file("report.py"));
  EXPECT_TRUE(is_own_file("<string>"));
  EXPECT_TRUE(is_own_file("/home/me/python/lib/pythonic/x.py"));
  EXPECT_TRUE(is_own_file("/home/me/loopscope/report.py"));
  EXPECT_FALSE(is_own_file(""));
  EXPECT_FALSE(is_own_file("<frozen importlib._bootstrap>"));
  EXPECT_FALSE(is_own_file("/usr/lib/python3.11/json/encoder.py"));
  EXPECT_FALSE(is_own_file("/opt/lib64/python3.13t/asyncio/tasks.py"));
  EXPECT_FALSE(is_own_file("/srv/venv/lib/python3.11/site-packages/starlette/routing.py"));
  EXPECT_FALSE(is_own_file("/usr/lib/python3/dist-packages/uvicorn/main.py"));
  EXPECT_FALSE(is_own_file("/tmp/build/python/loopscope/loop.py"));
  EXPECT_FALSE(is_own_file("/tmp/build/python/loopscope/cli/program.py"));
}

std::vector<Name> stack(NameId frame) {
  const Name library{"encode", "/usr/lib/python3.11/json/encoder.py", 200};
  if (frame == 1)
    return {library, {"render_report", "/srv/report.py", 88}, {"handler", "/srv/app.py", 10}};
  if (frame == 2)
    return {library, {"render_report", "/srv/report.py", 91}, {"handler", "/srv/app.py", 10}};
  if (frame == 3)
    return {library};
  return {};
}
Stall standing(const std::vector<NameId>& frames) {
  Stall stall = lasting(40);
  for (const auto frame : frames) stall.samples.push_back({.frame = frame});
  return stall;
}

TEST(StallLine, IsTheOwnLineAtWhichMostSamplesStood) {
  const auto line = line_of(standing({1, 2, 2}), stack);
  ASSERT_TRUE(line && line->own);
  EXPECT_EQ(line_text(line->told()), "report.py:91 in render_report");
  EXPECT_EQ(line->samples, 2U);
  EXPECT_EQ(line->of, 3U);
  EXPECT_EQ(line->innermost.function, "encode");
  EXPECT_EQ(line->stack.size(), 3U);
}

TEST(StallLine, WithoutOwnCodeItIsTheInnermost) {
  const auto line = line_of(standing({3}), stack);
  ASSERT_TRUE(line);
  EXPECT_FALSE(line->own);
  EXPECT_EQ(line_text(line->told()), "encoder.py:200 in encode");
}

TEST(StallLine, ThereIsNoneWithoutAStack) {
  EXPECT_FALSE(line_of(standing({kNoName}), stack));
  EXPECT_FALSE(line_of(standing({9}), stack)) << "its names are gone";
  EXPECT_FALSE(line_of(lasting(40), stack));
}

}  // namespace
}  // namespace loopscope::tracer
