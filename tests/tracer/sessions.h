#pragma once
/// Shared by the tracer's tests: sessions in memory, and a session directory of their own.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tracer/read/ring_reader.h"
#include "tracer/read/session.h"
#include "tracer/read/trace_event.h"
#include "tracer/write/recorder.h"
#include "tracer/write/writable_session.h"

namespace loopscope::tracer::testing {

inline SessionFacts small_facts(std::uint64_t ring_events = kLeastRingEvents) {
  SessionFacts facts;
  facts.libuv_version = "1.44.2";
  facts.python_version = "3.11.2";
  facts.program = "python3 chat.py --port 8000";
  facts.ring_events = ring_events;
  return facts;
}

/// A writable session in memory and a reader's view of it.
struct MemorySession {
  explicit MemorySession(const SessionFacts& facts = small_facts())
      : writable(WritableSession::create_in_memory(facts)),
        opened(Session::view(writable->data(), writable->header().size_bytes)) {
    EXPECT_TRUE(opened.session) << opened.message;
  }
  [[nodiscard]] Session& session() const { return *opened.session; }

  std::unique_ptr<WritableSession> writable;
  Session::Opened opened;
};

/// A session in memory whose ticks are ns, so that a test can set the time.
inline std::unique_ptr<WritableSession> session_in_ns(const SessionFacts& facts = small_facts()) {
  auto session = WritableSession::create_in_memory(facts);
  session->header().clock_source = ClockSource::monotonic;
  session->header().created_monotonic_ns = 0;
  return session;
}

/// A recorder on a session in memory, and what a reader sees of it.
struct Recording {
  explicit Recording(Level level, const SessionFacts& facts = small_facts()) {
    auto writable = WritableSession::create_in_memory(facts);
    auto opened = Session::view(writable->data(), writable->header().size_bytes);
    EXPECT_TRUE(opened.session) << opened.message;
    session = std::move(opened.session);
    recorder = std::make_unique<Recorder>(std::move(writable), level);
  }
  /// All events but clock anchors, whose times a test cannot know.
  [[nodiscard]] std::vector<Event> events() const {
    RingReader reader(*session);
    RingReader::Batch batch;
    reader.read(batch, 1U << 20U);
    std::erase_if(batch.events, [](const Event& event) { return event.type == EventType::clock_anchor; });
    return batch.events;
  }
  [[nodiscard]] std::vector<EventType> types() const {
    std::vector<EventType> found;
    for (const auto& event : events()) found.push_back(event.type);
    return found;
  }
  [[nodiscard]] Present present() const { return session->present().present; }
  /// One iteration in which nothing happens.
  void turn(std::int32_t timeout_ms = 0) const {
    recorder->prepare_begin();
    recorder->poll_begin({timeout_ms, PollReason::until_timer, kNoName, 0, 0, 0});
    recorder->poll_wake(recorder->ticks(), 0, timeout_ms != 0);
    recorder->poll_end(0);
  }

  std::unique_ptr<Recorder> recorder;
  std::unique_ptr<Session> session;
};

/// A directory in memory. LOOPSCOPE_DIR names it while this object lives.
class SessionDirectory {
 public:
  SessionDirectory() {
    std::string pattern = "/dev/shm/loopscope-test-XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
    setenv("LOOPSCOPE_DIR", path_.c_str(), 1);
  }
  ~SessionDirectory() {
    unsetenv("LOOPSCOPE_DIR");
    std::filesystem::remove_all(path_);
  }
  SessionDirectory(const SessionDirectory&) = delete;
  SessionDirectory& operator=(const SessionDirectory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace loopscope::tracer::testing
