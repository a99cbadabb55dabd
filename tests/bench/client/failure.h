#pragma once

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace loopscope::bench {

/// Why the measurement is worth nothing. main() prints it and exits with 1.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;

  static Failure of_system(const std::string& what) { return Failure(what + ": " + std::strerror(errno)); }
};

}  // namespace loopscope::bench
