#pragma once
/// An attached session: reads its ring into the model and the statistics, and keeps the lease.
///
/// Thread: one at a time; Reader (gui/reader.h) reads on a thread of its own and lends it to whoever draws.
/// Owner: of the Session and of everything made from it. Errors: none once attached; the end of the program shows in
/// `ended()`, what was read stays. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "gui/cpu_watch.h"
#include "gui/handle_traffic.h"
#include "gui/level_history.h"
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

  /// Reads one batch of events; every few ms it looks at the present and at the lease, too. Takes about a millisecond.
  /// False if it caught up: there is nothing more.
  bool step();
  /// Steps until it caught up, or for about `budget_ns`.
  void pump(std::int64_t budget_ns);
  /// Events that were read or lost since attaching. It grows while the view is held, too.
  [[nodiscard]] std::uint64_t events() const { return events_total_; }
  /// How many may be written before the first of them is overwritten.
  [[nodiscard]] std::uint64_t ring_events() const;

  /// Pauses the view: model, statistics and now stay as they are for whoever looks. Reading goes on behind them.
  void hold();
  /// Shows again what was read meanwhile.
  void let_go() { held_.reset(); }
  [[nodiscard]] bool held() const { return held_ != nullptr; }

  [[nodiscard]] const tracer::Session& session() const { return *session_; }
  [[nodiscard]] const tracer::TraceModel& model() const { return shown().model; }
  [[nodiscard]] const tracer::Statistics& statistics() const { return shown().statistics; }
  [[nodiscard]] const tracer::RecordedSeries& recorded() const { return shown().recorded; }
  /// How long the loop's thread waited for a CPU: sampled while the program lives.
  [[nodiscard]] const tracer::CpuWaits& cpu_waits() const { return shown().cpu_waits; }
  [[nodiscard]] const tracer::Present& present() const { return shown().present; }
  [[nodiscard]] const tracer::Counters& counters() const { return shown().counters; }
  /// What was recorded when.
  [[nodiscard]] const LevelHistory& levels() const { return shown().levels; }
  [[nodiscard]] const HandleTrafficTable& traffic() const { return shown().traffic; }
  void reset_callbacks();

  /// The writer is gone: what is shown is the past.
  [[nodiscard]] bool ended() const { return ended_; }
  /// The end of what is known: now, or the last event of a session that ended or that we have not caught up with.
  [[nodiscard]] std::int64_t now_ns() const { return shown().now_ns; }
  /// Events overwritten before they were read, since attaching. What was gone before is not counted.
  [[nodiscard]] std::uint64_t lost() const { return model().lost_total(); }

  /// In force in the program: also while the view is held.
  [[nodiscard]] tracer::Level level() const { return live_.present.level; }
  /// The program's own level, while this viewer raises it.
  [[nodiscard]] std::optional<tracer::Level> raised_from() const;
  /// Asked for a level that is not in force yet: the program has not turned since.
  [[nodiscard]] bool level_pending() const { return lacks_level() && lease() == tracer::LeaseState::held; }
  /// Wants a level that is not in force, and cannot ask for it; lease() says why. It is tried again twice a second.
  [[nodiscard]] bool level_refused() const;
  [[nodiscard]] tracer::LeaseState lease() const { return session_->lease(); }
  void want_level(tracer::Level level);
  [[nodiscard]] tracer::Level wanted_level() const { return want_; }

  [[nodiscard]] tracer::Name name(tracer::NameId id) const { return session_->name(id); }

 private:
  /// All that a view shows of a session.
  struct View {
    tracer::TraceModel model;
    tracer::Statistics statistics;
    tracer::RecordedSeries recorded;
    LevelHistory levels;
    HandleTrafficTable traffic;
    tracer::CpuWaits cpu_waits;
    tracer::Present present{};
    tracer::Counters counters{};
    std::int64_t now_ns = 0;
  };
  [[nodiscard]] const View& shown() const { return held_ ? *held_ : live_; }
  [[nodiscard]] bool lacks_level() const { return !ended_ && live_.present.level < want_; }
  void tend(std::int64_t now_ns);
  void look_for_life(std::int64_t now_ns);
  void look_at_present();
  void sample(std::int64_t at_ns);
  void keep_lease(std::int64_t now_ns);
  void ask_for_level(std::int64_t now_ns);
  bool read_batch();
  void note_loss();
  void add(const tracer::TraceEvent& event);

  std::unique_ptr<tracer::Session> session_;
  std::uint64_t attached_at_;  ///< the position of the first event that was written since
  tracer::RingReader reader_;
  tracer::EventDecoder decoder_;
  tracer::RingReader::Batch batch_;
  std::vector<tracer::TraceEvent> events_;
  CpuWatch cpu_watch_;
  View live_;
  std::unique_ptr<View> held_;
  std::uint64_t events_total_ = 0;
  tracer::Level want_;
  bool ended_ = false;
  std::int64_t tended_ns_ = 0;
  std::int64_t forgot_ns_ = 0;
  std::int64_t looked_for_life_ns_ = 0;
  std::int64_t asked_ns_ = 0;  ///< for the lease, or renewed it
};

}  // namespace loopscope::gui
