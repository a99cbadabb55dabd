#pragma once
/// A callback for tests: runs a function and counts its references.

#include <functional>
#include <string>
#include <utility>

#include "loop/callback.h"

namespace loopscope::loop {

class TestCallback final : public Callback {
 public:
  explicit TestCallback(
      std::function<void()> action = [] {}, std::string name = "test")
      : action_(std::move(action)), name_(std::move(name)) {}

  void retain() override { ++references_; }
  void run() override {
    ++runs_;
    action_();
    --references_;
  }
  void drop() override {
    ++drops_;
    --references_;
  }
  Description describe(tracer::Recorder& recorder) override {
    return {recorder.intern(this, name_, "test.cpp", 1), tracer::CallbackKind::soon, 7};
  }

  /// For handing it to a queue, which takes a reference over.
  Callback& counted() {
    ++references_;
    return *this;
  }
  [[nodiscard]] int references() const { return references_; }
  [[nodiscard]] int runs() const { return runs_; }
  [[nodiscard]] int drops() const { return drops_; }

 private:
  std::function<void()> action_;
  std::string name_;
  int references_ = 0;
  int runs_ = 0;
  int drops_ = 0;
};

}  // namespace loopscope::loop
