#pragma once
/// What the loop waits for on one file descriptor: a reader, a writer, or both.
///
/// One uv_poll_t a descriptor, level-triggered. The watcher runs its callbacks through Loop::io_ready(), which
/// decides whether they run at once or behind what is queued already. A callback that is set while a poll's callbacks run
/// waits for the next poll, as on asyncio: by then asyncio has queued all that this poll brought.
///
/// The kernel is told at once (kernel_poll.h). If it refuses, both callbacks are dropped, as asyncio's selector forgets a
/// descriptor that it cannot change. While the loop sleeps, another thread that watches something asks the kernel whether it
/// may, and wakes the loop, which then watches it.
///
/// Telling the kernel costs one or two system calls each time. A caller that waits again and again for a file of its own
/// asks for Arming::kept. Then the descriptor stays armed for reading while nobody waits. The loop disarms it only if an
/// event comes while nobody waits and the loop is about to sleep.
///
///              set (exact or kept)                remove (kept)                 event
///     quiet ─────────────────────→ awaited ─────────────────────→ resting ─────────────────→ unwanted
///       ↑ ↑ ↑                       │ │ ↑                           │ │                          │
///       │ │ └──── remove (exact) ───┘ │ └── set (kept): believed ───┘ │                          │
///       │ └────── kernel refuses ─────┘ └── set (exact): armed anew, suspect: the number may ────┘
///       │                                   be another file's by now
///       └──────────────── the loop is about to sleep: disarmed; orphan if the kernel goes on ────┘
///
/// A suspect or an orphan that keeps waking the loop makes it take up a new poll.
/// Thread: the loop's. Owner: the Loop's table; of one reference to each callback. Errors: negative libuv codes.

#include <uv.h>

#include <atomic>
#include <cstdint>

#include "loop/callback.h"

namespace loopscope::loop {

class Loop;

/// What a change of the reader or the writer means to the kernel.
enum class Arming : std::uint8_t {
  exact,  ///< the kernel reports what is watched and nothing else
  kept,   ///< reading stays armed, and what is armed is believed: the caller vouches for the descriptor being the
          ///< file that it was when its watcher was last armed
};

class FdWatcher {
 public:
  /// Null and a negative code in `error` if it cannot be made. Whether the kernel can poll `fd` shows when it is watched.
  static FdWatcher* open(Loop& loop, int fd, int& error);

  /// Replaces the reader (writer); null removes it. Takes over one reference, gives back the old one's. 0, or why the
  /// kernel cannot poll the descriptor (a regular file, a closed one); then nothing is watched.
  int set_reader(Callback* callback, Arming arming = Arming::exact);
  int set_writer(Callback* callback, Arming arming = Arming::exact);
  /// Born and not yet dead, in all loops of the process: tests compare it before and after. Any thread.
  static std::int64_t living() { return living_.load(std::memory_order_relaxed); }
  [[nodiscard]] Callback* reader() const { return reader_; }
  [[nodiscard]] Callback* writer() const { return writer_; }
  /// The loop waits for it to be readable, and for nothing else of it.
  [[nodiscard]] bool only_reads() const { return awaited_ && armed_ == UV_READABLE && wanted() == UV_READABLE; }
  [[nodiscard]] int fd() const { return fd_; }
  /// In the trace; 0 if it is not recorded as a handle of its own.
  [[nodiscard]] std::uint64_t handle_id() const { return handle_id_; }

  /// Records it as an open handle, until it is disarmed. Once it is watched.
  void note_opened(tracer::HandleKind kind, tracer::NameId name);

  /// Callbacks are recorded from now on: says what the kernel is asked.
  void record_armed() const;
  /// Armed, but nobody waits.
  [[nodiscard]] bool resting() const { return armed_ != 0 && wanted() == 0; }
  /// The file that it was kept armed for is gone. The trace shows it as closed.
  void note_closed();
  /// Disarms what nobody waits for. False if the kernel goes on all the same, until the loop renews its poll.
  bool disarm_unwanted();
  /// A caller that was told the descriptor is ready found that it is not.
  void false_alarm();
  /// Nobody waits for this descriptor, so the loop need not poll because of it.
  void set_passive(bool passive);

  /// Watches what was asked for while the loop slept.
  void catch_up();
  /// To be called before and after the loop takes up a new epoll. A descriptor that nobody waits for is left behind.
  void before_new_poll();
  void poll_renewed();
  /// Ends it; the object frees itself in the closing phase.
  void close();

 private:
  FdWatcher(Loop& loop, int fd) : loop_(loop), fd_(fd) { living_.fetch_add(1, std::memory_order_relaxed); }
  ~FdWatcher() { living_.fetch_sub(1, std::memory_order_relaxed); }

  [[nodiscard]] int wanted() const {
    return (reader_ != nullptr ? UV_READABLE : 0) | (writer_ != nullptr ? UV_WRITABLE : 0);
  }
  int apply(Arming arming, bool is_new);
  int arm(int events);
  int watch(int events);
  void set_armed(int events);
  int replace(Callback*& place, Callback* callback, Arming arming);
  void drop_callbacks();
  void stopped_by_libuv();
  void arm_if_wanted();
  void count();
  static void on_event(uv_poll_t* handle, int status, int events);
  static void on_closed(uv_handle_t* handle);

  static inline std::atomic<std::int64_t> living_ = 0;

  Loop& loop_;
  int fd_;
  int armed_ = 0;  ///< the uv_poll_event bits that the kernel knows of
  int false_alarms_ = 0;
  std::uint32_t reader_since_ = 0;  ///< the poll in whose callbacks, or after which, it was set
  std::uint32_t writer_since_ = 0;
  bool kept_ = false;      ///< armed for more than is wanted
  bool unwanted_ = false;  ///< in the loop's list of those that had an event for nobody
  bool orphan_ = false;    ///< has had one, and could not be disarmed
  bool suspect_ = false;   ///< armed anew while another file may still be reported under this number
  bool passive_ = false;
  bool awaited_ = false;  ///< the loop counts it
  tracer::HandleKind kind_ = tracer::HandleKind::watcher;
  std::uint64_t handle_id_ = 0;
  Callback* reader_ = nullptr;
  Callback* writer_ = nullptr;
  uv_poll_t poll_{};
};

}  // namespace loopscope::loop
