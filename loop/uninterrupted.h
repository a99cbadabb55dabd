#pragma once
/// A system call that a signal cuts short is made again. Thread: any. Errors: the call's own.

#include <cerrno>

namespace loopscope::loop {

/// `call` answers -1 and sets errno to EINTR if a signal came first.
template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace loopscope::loop
