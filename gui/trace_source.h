#pragma once
/// An attached session: drains its ring into the model and the statistics, and keeps the lease.
///
/// Thread: the app's one. Owner: of the Session and of everything made from it. Errors: none once attached; the
/// end of the program shows in `ended()`, what was read stays. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tracer/analysis/recorded_series.h"
#include "tracer/analysis/statistics.h"
#include "tracer/analysis/trace_model.h"
#include "tracer/ring_reader.h"
#include "tracer/session.h"

namespace loopscope::gui {

class TraceSource {
 public:
  /// `want`: the level to ask the program for while attached; Level::off asks for nothing.
  TraceSource(std::unique_ptr<tracer::Session> session, tracer::Level want);

  /// Reads what is new, at most for about `budget_ns`. Call once a frame. `keep_from_ns` is the oldest moment
  /// still looked at: what is older than the history before it is forgotten.
  void pump(std::int64_t budget_ns, std::int64_t keep_from_ns);

  [[nodiscard]] const tracer::Session& session() const { return *session_; }
  [[nodiscard]] const tracer::TraceModel& model() const { return model_; }
  [[nodiscard]] const tracer::Statistics& statistics() const { return statistics_; }
  [[nodiscard]] const tracer::RecordedSeries& recorded() const { return recorded_; }
  [[nodiscard]] const tracer::Present& present() const { return present_; }
  [[nodiscard]] const tracer::Counters& counters() const { return counters_; }
  void reset_callbacks() { statistics_.reset_callbacks(); }

  /// The writer is gone: what is shown is the past.
  [[nodiscard]] bool ended() const { return ended_; }
  /// The end of what is known: now, or the last event of a session that ended or that we have not caught up with.
  [[nodiscard]] std::int64_t now_ns() const { return now_ns_; }
  /// Events overwritten before they were read, since attaching. What was gone before is not counted.
  [[nodiscard]] std::uint64_t lost() const { return model_.lost_total(); }

  [[nodiscard]] tracer::Level level() const { return present_.level; }
  /// The level this viewer raised the program from, while it is raised.
  [[nodiscard]] std::optional<tracer::Level> raised_from() const;
  /// Asked for a level that is not in force: the program has not turned since, or nobody may ask.
  [[nodiscard]] bool level_pending() const { return leased_ && !ended_ && present_.level < want_; }
  void want_level(tracer::Level level);
  [[nodiscard]] tracer::Level wanted_level() const { return want_; }

  [[nodiscard]] tracer::Name name(tracer::NameId id) const { return session_->name(id); }

 private:
  void look_at_present();
  void drain(std::int64_t until_ns);

  std::unique_ptr<tracer::Session> session_;
  tracer::RingReader reader_;
  tracer::EventDecoder decoder_;
  tracer::RingReader::Batch batch_;
  std::vector<tracer::TraceEvent> events_;
  tracer::TraceModel model_;
  tracer::Statistics statistics_;
  tracer::RecordedSeries recorded_;
  tracer::Present present_{};
  tracer::Counters counters_{};
  tracer::Level want_;
  tracer::Level level_before_ = tracer::Level::off;
  bool leased_ = false;
  bool ended_ = false;
  bool caught_up_ = false;
  std::int64_t now_ns_ = 0;
  std::int64_t looked_for_life_ns_ = 0;
  std::int64_t renewed_ns_ = 0;
};

}  // namespace loopscope::gui
