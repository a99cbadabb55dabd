#pragma once
/// An attached session: reads its ring into the model and the statistics, and keeps the lease.
///
/// Thread: one at a time. Reader (gui/model/reader.h) calls it on a thread of its own and lends it to the thread that draws.
/// Owner: of the Session and of everything made from it. Errors: none once attached. When the program ends, ended() says so,
/// and everything that was read stays. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gui/model/cpu_watch.h"
#include "gui/model/handle_traffic.h"
#include "gui/model/level_history.h"
#include "tracer/analysis/recorded_series.h"
#include "tracer/analysis/statistics.h"
#include "tracer/analysis/trace_model.h"
#include "tracer/read/event_stream.h"
#include "tracer/read/session.h"

namespace loopscope::gui {

class TraceSource {
 public:
  /// `want`: the level to ask the program for while attached; Level::off asks for nothing.
  TraceSource(std::unique_ptr<tracer::Session> session, tracer::Level want);

  /// Reads one batch of events, which takes about a millisecond. Every few ms it also looks at the present and renews the lease.
  /// False if it has caught up with the program.
  bool step();
  /// Steps until it has caught up, or for about `budget_ns`.
  void pump(std::int64_t budget_ns);
  /// How many events were read or lost since attaching. It also grows while the view is held.
  [[nodiscard]] std::uint64_t events() const { return events_total_; }
  /// How many events the ring holds.
  [[nodiscard]] std::uint64_t ring_events() const;

  /// Pauses the view: model, statistics and now_ns() keep their values. Reading goes on behind them.
  void hold();
  /// Ends the pause: the view shows all that was read meanwhile.
  void let_go() { held_.reset(); }
  [[nodiscard]] bool held() const { return held_ != nullptr; }

  [[nodiscard]] const tracer::EventSource& trace() const { return *session_; }
  [[nodiscard]] const std::string& path() const { return session_->path(); }
  [[nodiscard]] const tracer::TraceModel& model() const { return shown().model; }
  [[nodiscard]] const tracer::Statistics& statistics() const { return shown().statistics; }
  [[nodiscard]] const tracer::RecordedSeries& recorded() const { return shown().recorded; }
  /// How long the loop's thread waited for a CPU, sampled while the program lives.
  [[nodiscard]] const tracer::CpuWaits& cpu_waits() const { return shown().cpu_waits; }
  [[nodiscard]] const tracer::Present& present() const { return shown().present; }
  [[nodiscard]] const tracer::Counters& counters() const { return shown().counters; }
  /// Which level was in force at which time.
  [[nodiscard]] const LevelHistory& levels() const { return shown().levels; }
  [[nodiscard]] const HandleTrafficTable& traffic() const { return shown().traffic; }
  void reset_callbacks();

  /// True if the writer is gone. The view then shows the past.
  [[nodiscard]] bool ended() const { return ended_; }
  /// True if somebody cut or overwrote the session's file. Nothing is read of it from then on.
  [[nodiscard]] bool damaged() const { return damaged_; }
  /// When the program was last seen to live; 0 if it never was while this source watched.
  [[nodiscard]] std::int64_t lived_until_ns() const { return lived_until_ns_; }
  /// The end of what is known: now, or the time of the last event if the session has ended or we have not caught up with it. If the
  /// program died without closing its loop, it is known until it was last seen to live.
  [[nodiscard]] std::int64_t now_ns() const { return shown().now_ns; }
  /// How many events were overwritten before they could be read. Only events written since attaching count.
  [[nodiscard]] std::uint64_t lost() const { return model().lost_total(); }

  /// The level in force in the program now, even while the view is held.
  [[nodiscard]] tracer::Level level() const { return live_.present.level; }
  /// The program's own level, if this viewer has raised the level above it.
  [[nodiscard]] std::optional<tracer::Level> raised_from() const;
  /// True if this viewer asked for a level that is not in force yet, because the program has not begun another iteration.
  [[nodiscard]] bool level_pending() const { return lacks_level() && lease() == tracer::LeaseState::held; }
  /// True if this viewer wants a higher level and cannot ask for it. lease() says why. It asks again twice a second.
  [[nodiscard]] bool level_refused() const;
  [[nodiscard]] tracer::LeaseState lease() const { return session_->lease(); }
  void want_level(tracer::Level level);
  [[nodiscard]] tracer::Level wanted_level() const { return want_; }

  [[nodiscard]] tracer::Name name(tracer::NameId id) const { return session_->name(id); }

 private:
  /// Everything that the views show of a session.
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
  [[nodiscard]] std::int64_t known_until_ns(std::int64_t now_ns, bool caught_up) const;
  void look_at_present();
  void sample(std::int64_t at_ns);
  void keep_lease(std::int64_t now_ns);
  void ask_for_level(std::int64_t now_ns);
  bool read_batch();
  void note_loss();
  void ask_who_lives(std::int64_t now_ns);
  void add(const tracer::TraceEvent& event);

  std::unique_ptr<tracer::Session> session_;
  std::uint64_t attached_at_;  ///< the position of the first event written after attaching
  tracer::EventStream stream_;
  CpuWatch cpu_watch_;
  View live_;
  std::unique_ptr<View> held_;
  std::uint64_t events_total_ = 0;
  tracer::Level want_;
  bool ended_ = false;
  bool damaged_ = false;
  std::int64_t lived_until_ns_ = 0;
  bool tasks_doubtful_ = true;  ///< the events about some live tasks were lost, or overwritten before attaching
  std::int64_t tended_ns_ = 0;
  std::int64_t forgot_ns_ = 0;
  std::int64_t looked_for_life_ns_ = 0;
  std::int64_t asked_ns_ = 0;  ///< when it last asked for the lease or renewed it
};

}  // namespace loopscope::gui
