#pragma once
/// Whether to try for another datagram without a poll. A lucky try saves a poll, and one in vain costs a system call like that
/// poll. So after a try in vain the next chances go by, more of them each time. Thread: one.

#include <algorithm>

namespace loopscope::loop {

class Eagerness {
 public:
  /// To be asked at each chance, and not again before the next.
  [[nodiscard]] bool tries() {
    if (left_out_ == 0)
      return true;
    --left_out_;
    return false;
  }
  void tried(bool in_vain) { left_out_ = wait_ = in_vain ? std::min(2 * wait_ + 1, kMost) : 0; }

 private:
  static constexpr int kMost = 31;
  int wait_ = 0;  ///< how many go by after a try in vain
  int left_out_ = 0;
};

}  // namespace loopscope::loop
