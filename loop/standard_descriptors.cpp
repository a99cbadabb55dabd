#include "loop/standard_descriptors.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstddef>

namespace loopscope::loop {

StandardDescriptors::StandardDescriptors() {
  while (fcntl(STDIN_FILENO, F_GETFD) < 0 || fcntl(STDOUT_FILENO, F_GETFD) < 0 ||
         fcntl(STDERR_FILENO, F_GETFD) < 0) {
    const int lowest = eventfd(0, EFD_CLOEXEC);
    if (lowest < 0 || lowest > STDERR_FILENO) {  // none left, or another thread was faster
      ::close(lowest);
      return;
    }
    opened_.at(static_cast<std::size_t>(lowest)) = true;
  }
}

StandardDescriptors::~StandardDescriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (opened_.at(static_cast<std::size_t>(fd)))
      ::close(fd);
  }
}

}  // namespace loopscope::loop
