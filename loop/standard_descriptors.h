#pragma once
/// Keeps descriptors 0, 1 and 2 taken while it lives, so that a file that is opened meanwhile gets a higher number.
///
/// A program may be started with some of them closed (`prog <&-`). libuv aborts when it has to close a descriptor of its own
/// with such a number, and anything printed to stderr would go into it.
/// Thread: any. Owner: of the descriptors it opened. Errors: none; a number that it cannot take stays free.

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
