#pragma once
/// While it lives, descriptors 0, 1 and 2 are taken: what is opened meanwhile gets a number above them.
///
/// A program may be started with some of them closed (`prog <&-`). libuv aborts when it is to close one of its own that
/// has such a number, and whatever prints to stderr would write into it.
/// Thread: any. Owner: of the ones it opened. Errors: none; what cannot be had stays free.

#include <array>

namespace loopscope::loop {

class StandardDescriptors {
 public:
  StandardDescriptors();
  ~StandardDescriptors();
  StandardDescriptors(const StandardDescriptors&) = delete;
  StandardDescriptors& operator=(const StandardDescriptors&) = delete;

 private:
  std::array<bool, 3> opened_{};
};

}  // namespace loopscope::loop
