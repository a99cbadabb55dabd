#pragma once
/// The writing side's mapping of a session: creates the file, fills the header, unlinks on a clean end.
///
/// Thread: made and destroyed on the loop's thread. Owner: of the mapping and of the file.
/// Errors: create() says in a sentence what failed and what to do; the loop then runs untraced.
/// The file is created 0600 (O_EXCL, O_NOFOLLOW) in session_directory(). It is a hole of header().size_bytes to begin with, whose
/// parts take their memory as they are used (tracer/write/part_memory.h), so that a full file system is an error and never a SIGBUS in the
/// user's program. Where there is no more room dead sessions are given up, oldest first, before a part has to stay as it is.
/// What no loop uses costs nothing: a session that records a handful of events takes three pages.
/// If somebody cuts the file short the program goes on, and its session is over (tracer/write/mapping_guard.h).

#include <cstdint>
#include <memory>
#include <string>

#include "tracer/format.h"
#include "tracer/system/shared_memory.h"
#include "tracer/write/mapping_guard.h"
#include "tracer/write/part_memory.h"

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

class WritableSession final : private MemorySource {
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
  [[nodiscard]] TrackCounts& track_counts(Track track = Track::loop) const;
  [[nodiscard]] Control& control() const;
  /// The parts that grow. Each for one writer, which is the only one to grow it.
  [[nodiscard]] PartMemory handle_slots();
  [[nodiscard]] PartMemory task_slots();
  [[nodiscard]] PartMemory names(Track track = Track::loop);
  [[nodiscard]] PartMemory ring(Track track = Track::loop);
  [[nodiscard]] const std::string& path() const { return path_; }  ///< empty if in memory
  [[nodiscard]] void* data() const { return memory_.data(); }      ///< header().size_bytes bytes

  /// After fork(), in the child: forget the file, it is the parent's, and its memory with it. Nothing may be written after.
  void disown();
  /// Removes the file now, for a process that ends without closing its loop. The memory stays, and so may the loop's thread.
  void remove_name();

 private:
  WritableSession() = default;
  bool take(void* start, std::uint64_t size_bytes) override;
  int make_file(const std::string& directory, const SessionFacts& facts);
  int take_first();
  void give_up();
  bool make_room(void* start, std::uint64_t size_bytes);
  [[nodiscard]] bool was_cut() const;
  [[nodiscard]] const TrackLayout& layout(Track track) const;
  void lay_out(const SessionFacts& facts, std::uint64_t ring_events);
  [[nodiscard]] PartMemory part(std::uint64_t offset, std::uint64_t size_bytes, std::uint64_t& ready);
  template <typename Part>
  [[nodiscard]] Part* at(std::uint64_t offset) const {
    return reinterpret_cast<Part*>(static_cast<char*>(memory_.data()) + offset);
  }
  SharedMemory memory_;
  MappingGuard guard_;  ///< of memory_, and gone before it
  std::string directory_;
  std::string path_;
  bool locked_ = false;
  bool owns_file_ = false;
};

}  // namespace loopscope::tracer
