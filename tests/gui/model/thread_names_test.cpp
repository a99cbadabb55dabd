#include "gui/model/thread_names.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <thread>

namespace loopscope::gui {
namespace {

TEST(ThreadNames, TheFirstThreadIsTheMainOne) {
  EXPECT_EQ(thread_text(4711, 4711, "python3", "python3"), "main thread");
}

TEST(ThreadNames, ANameThatIsOnlyTheProgramsTellsNothing) {
  EXPECT_EQ(thread_text(4711, 4712, "python3", "python3"), "thread 4712");
  EXPECT_EQ(thread_text(4711, 4712, "", ""), "thread 4712");
}

TEST(ThreadNames, ANameOfItsOwnIsShown) {
  EXPECT_EQ(thread_text(4711, 4712, "db-loop", "python3"), "db-loop");
}

TEST(ThreadNames, WhatIsNotKnownHasNoName) {
  EXPECT_EQ(thread_text(4711, 0, "db-loop", "python3"), "");
}

TEST(ThreadNames, TheKernelIsAsked) {
  const auto pid = static_cast<std::uint32_t>(getpid());
  std::string named;
  std::thread([&] {
    pthread_setname_np(pthread_self(), "db-loop");
    named = thread_text(pid, static_cast<std::uint64_t>(gettid()));
  }).join();
  EXPECT_EQ(named, "db-loop");
}

}  // namespace
}  // namespace loopscope::gui
