#pragma once
/// Reads a session on a thread of its own, and lends the source to the thread that draws.
///
/// The ring of a program that records a million events a second wraps in a quarter of a second, and a lease ends a second after
/// its last heartbeat. So neither may wait for the next frame: a buffer swap can block for as long as the window system likes,
/// and the app draws nothing while its window is minimised.
///
/// One lock guards the source. The reading thread holds it for one batch of events (about a millisecond) and lets the drawing
/// thread go first. The drawing thread holds it while it lays out the picture, and never while it talks to the window system.
/// How long the reading thread rests depends on how fast the ring fills (reading_interval() in gui/model/pacing.h).
/// Thread: only the thread that draws may call look(). Owner: of the source; the destructor ends the thread, then the lease.
/// Errors: look() rethrows what the reading thread threw.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "gui/model/trace_source.h"

namespace loopscope::gui {

class Reader {
 public:
  explicit Reader(std::unique_ptr<TraceSource> source);
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Access to the source. Nothing is read while a Look lives, so keep it short, and keep no pointer into the source.
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
  /// Waits for the lock, and reads one batch so that the frame shows the newest events.
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
  std::mutex mutex_;                 ///< guards source_ and failure_
  std::atomic<bool> wanted_{false};  ///< look() waits for the lock: the thread does not take it now
  std::mutex rest_mutex_;
  std::condition_variable_any rest_;
  std::jthread thread_;  ///< declared last, so that it ends before the members it uses
};

}  // namespace loopscope::gui
