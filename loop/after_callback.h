#pragma once
/// Something that a callback leaves to be done once it has returned.
///
/// Thread: the loop's. Owner: whoever asks (Loop::tell_after_callback()); it lives until it is told.

namespace loopscope::loop {

class AfterCallback {
 public:
  virtual void callback_returned() = 0;

 protected:
  ~AfterCallback() = default;
};

}  // namespace loopscope::loop
