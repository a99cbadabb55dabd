#include "tracer/system/thread_cpu.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "tests/tracer/sessions.h"

namespace loopscope::tracer {
namespace {

constexpr std::int64_t kMs = 1'000'000;

/// A thread of this process that does one thing until it is told to stop. They all stay on one CPU.
class Worker {
 public:
  explicit Worker(bool spins) {
    std::promise<std::uint64_t> number;
    auto answer = number.get_future();
    thread_ = std::thread([this, spins, number = std::move(number)]() mutable {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(static_cast<std::size_t>(kCpu), &one);
      sched_setaffinity(0, sizeof(one), &one);
      number.set_value(static_cast<std::uint64_t>(syscall(SYS_gettid)));
      while (!stop_)
        if (!spins)
          std::this_thread::sleep_for(std::chrono::milliseconds(200));
    });
    number_ = answer.get();
  }
  ~Worker() {
    stop_ = true;
    thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  static inline const int kCpu = sched_getcpu();
  std::atomic<bool> stop_ = false;
  std::thread thread_;
  std::uint64_t number_ = 0;
};

std::uint32_t own_pid() {
  return static_cast<std::uint32_t>(getpid());
}

/// Looks until `enough` says so; the last sample.
template <typename Enough>
CpuSample look_until(const ThreadCpuReader& reader, Enough enough) {
  for (int look = 0; look < 1000; ++look) {
    const auto sample = reader.read();
    if (!sample) {
      ADD_FAILURE() << "no sample";
      return {};
    }
    if (enough(*sample))
      return *sample;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ADD_FAILURE() << "it never came";
  return {};
}

TEST(ThreadCpu, TellsHowLongAThreadRan) {
  const Worker worker(true);
  ThreadCpuReader reader;
  ASSERT_TRUE(reader.follow(own_pid(), worker.number()));
  const CpuSample sample = look_until(reader, [](const CpuSample& now) { return now.ran_ns > 20 * kMs; });
  EXPECT_EQ(sample.state, ThreadState::runnable);
  EXPECT_GE(sample.after_ns, sample.before_ns);
}

TEST(ThreadCpu, TellsHowLongAThreadWaitedForItsCpu) {
  const Worker one(true);
  const Worker other(true);
  ThreadCpuReader reader;
  ASSERT_TRUE(reader.follow(own_pid(), one.number()));
  look_until(reader, [](const CpuSample& now) { return now.waited_ns > 20 * kMs; });
}

TEST(ThreadCpu, TellsAThreadThatSleepsFromOneThatWaits) {
  const Worker worker(false);
  ThreadCpuReader reader;
  ASSERT_TRUE(reader.follow(own_pid(), worker.number()));
  look_until(reader, [](const CpuSample& now) { return now.state == ThreadState::asleep; });
}

TEST(ThreadCpu, TellsAThreadThatASignalStopped) {
  const pid_t child = fork();
  if (child == 0) {
    for (;;) pause();
  }
  const auto number = static_cast<std::uint32_t>(child);
  ThreadCpuReader reader;
  ASSERT_TRUE(reader.follow(number, number));
  kill(child, SIGSTOP);
  look_until(reader, [](const CpuSample& now) { return now.state == ThreadState::stopped; });
  kill(child, SIGCONT);
  look_until(reader, [](const CpuSample& now) { return now.state == ThreadState::asleep; });
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST(ThreadCpu, OfNoThreadThereIsNoSample) {
  ThreadCpuReader reader;
  EXPECT_FALSE(reader.read());
  EXPECT_FALSE(reader.follow(own_pid(), 0));
  EXPECT_FALSE(reader.follow(own_pid(), 4'000'000'000));
  EXPECT_FALSE(reader.read());
}

TEST(ThreadCpu, OfAThreadThatEndedThereIsNoSample) {
  ThreadCpuReader reader;
  {
    const Worker worker(false);
    ASSERT_TRUE(reader.follow(own_pid(), worker.number()));
  }
  for (int look = 0; look < 1000 && reader.read(); ++look)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(reader.read());
  EXPECT_FALSE(reader.read_counts());
}

TEST(ThreadCpu, TheCountsAreThoseOfASampleWithoutTheState) {
  const Worker worker(false);
  ThreadCpuReader reader;
  ASSERT_TRUE(reader.follow(own_pid(), worker.number()));
  const auto first = reader.read();
  const auto counts = reader.read_counts();
  const auto last = reader.read();
  ASSERT_TRUE(first && counts && last);
  EXPECT_LE(first->ran_ns, counts->ran_ns);
  EXPECT_LE(counts->ran_ns, last->ran_ns);
}

TEST(ThreadCpu, TheSessionSaysWhichThreadRunsTheLoop) {
  const testing::Recording recording(Level::phases);
  EXPECT_EQ(recording.session->present().present.loop_thread, 0U);
  recording.recorder->loop_start();
  EXPECT_EQ(recording.session->present().present.loop_thread, static_cast<std::uint64_t>(syscall(SYS_gettid)));
}

TEST(ThreadCpu, TheSessionSaysSoWhenRecordingBeginsLate) {
  const testing::Recording recording(Level::off);
  recording.recorder->loop_start();
  EXPECT_EQ(recording.session->present().present.loop_thread, 0U) << "off costs no system call";
  recording.recorder->set_level(Level::phases);
  recording.recorder->poll_begin({0, PollReason::ready_callbacks, kNoName, 0, 0, 0});
  EXPECT_EQ(recording.session->present().present.loop_thread, static_cast<std::uint64_t>(syscall(SYS_gettid)));
}

}  // namespace
}  // namespace loopscope::tracer
