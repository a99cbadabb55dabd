#pragma once
/// The writing side's mapping of a session: creates the file, fills the header, unlinks on a clean end.
///
/// Thread: made and destroyed on the loop's thread. Owner: of the mapping and of the file.
/// Errors: create() says in a sentence what failed and what to do; the loop then runs untraced.
/// The file is created 0600 (O_EXCL, O_NOFOLLOW) in session_directory(), its blocks reserved up front
/// with posix_fallocate, so that a full tmpfs is an error here and never a SIGBUS in the user's program.
/// If the ring does not fit, smaller powers of two down to kLeastRingEvents are tried.

#include <cstdint>
#include <memory>
#include <string>

#include "tracer/format.h"
#include "tracer/shared_memory.h"

namespace loopscope::tracer {

inline constexpr std::uint64_t kLeastRingEvents = 1U << 12U;

/// What the host program knows and the tracer cannot find out.
struct SessionFacts {
  std::string libuv_version;
  std::string python_version;
  std::string program;  ///< command line for people
  std::uint32_t loop_number = 1;
  /// As the libuv in use runs them; this is how 1.44 and earlier do.
  Phase phase_order[7] = {Phase::timers, Phase::pending, Phase::idle,   Phase::prepare,
                          Phase::poll,   Phase::check,   Phase::closing};
  std::uint64_t ring_events = kDefaultRingEvents;  ///< rounded up to a power of two
  std::string directory;                           ///< empty: session_directory()
};

class WritableSession {
 public:
  /// Null and a sentence in `error` if it cannot be made.
  static std::unique_ptr<WritableSession> create(const SessionFacts& facts, std::string& error);
  /// A session in private memory, for tests: same bytes, no file. Null only if there is no memory at all.
  static std::unique_ptr<WritableSession> create_in_memory(const SessionFacts& facts);

  /// Unmaps, and removes the file: a session that ends in order leaves nothing behind.
  ~WritableSession();
  WritableSession(const WritableSession&) = delete;
  WritableSession& operator=(const WritableSession&) = delete;

  [[nodiscard]] SessionHeader& header() const;
  [[nodiscard]] Present& present() const;
  [[nodiscard]] Counters& counters() const;
  [[nodiscard]] Control& control() const;
  [[nodiscard]] ObjectSlot* handle_slots() const;
  [[nodiscard]] ObjectSlot* task_slots() const;
  [[nodiscard]] char* names() const;
  [[nodiscard]] Event* ring() const;
  [[nodiscard]] const std::string& path() const { return path_; }  ///< empty if in memory
  [[nodiscard]] void* data() const { return memory_.data(); }      ///< header().size_bytes bytes

  /// After fork(), in the child: forget the file, it is the parent's. Nothing may be written after.
  void disown();

 private:
  WritableSession() = default;
  void lay_out(const SessionFacts& facts, std::uint64_t ring_events);
  template <typename Part>
  [[nodiscard]] Part* at(std::uint64_t offset) const {
    return reinterpret_cast<Part*>(static_cast<char*>(memory_.data()) + offset);
  }
  SharedMemory memory_;
  std::string path_;
  bool owns_file_ = false;
};

}  // namespace loopscope::tracer
