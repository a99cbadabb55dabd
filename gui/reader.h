#pragma once
/// Reads a session on a thread of its own, and lends what was read to whoever draws.
///
/// The ring of a program that records a million events a second wraps in a quarter of a second, and a lease ends a second after
/// its last heartbeat. Neither may depend on when the next frame is drawn: a buffer swap can block for as long as the window
/// system likes, and nothing is drawn while the window is minimised.
///
/// One lock guards the source. The thread holds it for a batch of events (about a millisecond) and gives way to who draws;
/// who draws holds it while the picture is put together, and never while it talks to the window system. How long the thread
/// rests depends on how fast the ring fills (reading_interval() in gui/pacing.h).
/// Thread: look() is for one thread, the one that draws. Owner: of the source; the destructor ends the thread, then the lease.
/// Errors: what the thread throws comes out of look().

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "gui/trace_source.h"

namespace loopscope::gui {

class Reader {
 public:
  explicit Reader(std::unique_ptr<TraceSource> source);
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// The source, as long as this lives: nothing is read meanwhile. Be quick, and keep nothing that points into it.
  class Look {
   public:
    [[nodiscard]] TraceSource& operator*() const { return source_; }
    [[nodiscard]] TraceSource* operator->() const { return &source_; }

   private:
    friend class Reader;
    Look(std::unique_lock<std::mutex> lock, TraceSource& source) : lock_(std::move(lock)), source_(source) {}
    std::unique_lock<std::mutex> lock_;
    TraceSource& source_;
  };
  [[nodiscard]] Look look();

 private:
  struct Progress {
    std::uint64_t events;
    std::uint64_t ring_events;
  };
  void run(const std::stop_token& stop);
  Progress read(const std::stop_token& stop);
  void rest(double seconds, const std::stop_token& stop);

  std::unique_ptr<TraceSource> source_;
  std::exception_ptr failure_;
  std::mutex mutex_;                 ///< of the two above
  std::atomic<bool> wanted_{false};  ///< somebody waits for the lock: the thread gives way
  std::mutex rest_mutex_;
  std::condition_variable_any rest_;
  std::jthread thread_;  ///< last: it ends before what it uses
};

}  // namespace loopscope::gui
