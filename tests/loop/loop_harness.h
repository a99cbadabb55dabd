#pragma once
/// A loop that records into memory, and the sequence of what it recorded as short words.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "loop/loop.h"
#include "tracer/read/ring_reader.h"
#include "tracer/read/session.h"
#include "tracer/words.h"

namespace loopscope::loop {

class LoopHarness {
 public:
  explicit LoopHarness(tracer::Level level = tracer::Level::tasks) {
    tracer::SessionFacts facts;
    Loop::phase_order(facts.phase_order);
    auto session = tracer::WritableSession::create_in_memory(facts);
    opened_ = tracer::Session::view(session->data(), session->header().size_bytes);
    loop_ = std::make_unique<Loop>();
    loop_->set_recorder(tracer::Recorder(std::move(session), level));
  }

  Loop& loop() { return *loop_; }

  /// "poll_begin ready_callbacks 0", "phase_begin idle 2", "callback_begin name", ... since the last call. Without the clock's
  /// anchors, which come when a poll happens to be due for one.
  std::vector<std::string> events() {
    if (reader_ == nullptr)
      reader_ = std::make_unique<tracer::RingReader>(*opened_.session);
    std::vector<std::string> words;
    tracer::RingReader::Batch batch;
    while (reader_->read(batch, 1000)) {
      for (const tracer::Event& event : batch.events) {
        if (event.type != tracer::EventType::clock_anchor)
          words.push_back(describe(event));
      }
    }
    return words;
  }

 private:
  std::string describe(const tracer::Event& event) const {
    using tracer::EventType;
    std::string text(tracer::event_name(event.type));
    switch (event.type) {
      case EventType::phase_begin:
      case EventType::phase_end:
        return text.append(" ").append(tracer::phase_name(event.phase)).append(" ") + std::to_string(event.a);
      case EventType::poll_begin:
        text.append(" ").append(tracer::reason_name(static_cast<tracer::PollReason>(event.kind))).append(" ");
        return text + std::to_string(static_cast<std::int32_t>(event.b)) + name(event);
      case EventType::poll_end:
      case EventType::bytes_read:
      case EventType::bytes_written:
        return text.append(" ") + std::to_string(event.type == EventType::poll_end ? event.a : event.b);
      default:
        return text + name(event);
    }
  }

  std::string name(const tracer::Event& event) const {
    if (event.name == tracer::kNoName)
      return {};
    return std::string(" ").append(opened_.session->name(event.name).function);
  }

  tracer::Session::Opened opened_;
  std::unique_ptr<tracer::RingReader> reader_;
  std::unique_ptr<Loop> loop_;
};

}  // namespace loopscope::loop
