#include "tracer/write/mapping_guard.h"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <utility>

namespace loopscope::tracer {
namespace {

/// A signal has one handler in a process: so is its table.
struct Range {
  std::atomic<bool> taken{false};
  std::atomic<std::uintptr_t> start{0};  ///< 0: not complete
  std::atomic<std::uintptr_t> size_bytes{0};

  [[nodiscard]] bool holds(std::uintptr_t address) const {
    const auto begin = start.load(std::memory_order_acquire);
    return begin != 0 && address - begin < size_bytes.load(std::memory_order_relaxed);
  }
  /// All of it: nobody reads what is left of the file any more.
  [[nodiscard]] bool replace() const {
    return mmap(reinterpret_cast<void*>(start.load()), size_bytes.load(), PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
  }
};
std::array<Range, MappingGuard::kMostGuards> ranges;
struct sigaction handler_before {};

void pass_on(int signal, siginfo_t* info, void* context) {
  if ((handler_before.sa_flags & SA_SIGINFO) != 0)
    return handler_before.sa_sigaction(signal, info, context);
  if (handler_before.sa_handler != SIG_DFL && handler_before.sa_handler != SIG_IGN)
    return handler_before.sa_handler(signal);
  sigaction(signal, &handler_before, nullptr);
  if (info->si_code <= 0)  // sent by somebody; else it happens again by itself
    raise(signal);
}

void on_sigbus(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  bool mended = false;
  for (const auto& range : ranges)
    if (info->si_code > 0 && range.holds(address))
      mended = range.replace();
  if (!mended)
    pass_on(signal, info, context);
  errno = error;
}

void install_handler() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action {};
    action.sa_sigaction = on_sigbus;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &handler_before);
  });
}

}  // namespace

MappingGuard::MappingGuard(const SharedMemory& memory) {
  install_handler();
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].taken.exchange(true))
      continue;
    place_ = i;
    ranges[i].size_bytes.store(memory.size_bytes());
    ranges[i].start.store(reinterpret_cast<std::uintptr_t>(memory.data()));
    return;
  }
}

MappingGuard::~MappingGuard() {
  if (place_ == kMostGuards)
    return;
  ranges[place_].start.store(0);
  ranges[place_].taken.store(false);
}

MappingGuard::MappingGuard(MappingGuard&& other) noexcept : place_(std::exchange(other.place_, kMostGuards)) {}

MappingGuard& MappingGuard::operator=(MappingGuard&& other) noexcept {
  std::swap(place_, other.place_);
  return *this;
}

}  // namespace loopscope::tracer
