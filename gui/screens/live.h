#pragma once
/// The Live screen: header, loop, timeline, graphs, tables and findings of the attached session, and the view's pause.
///
/// Everything it shows is of one moment: it makes the digest, and pausing makes a new one.
/// Thread: the app's one, under the Reader's lock. Owner: of the cards that keep a state. Errors: none.

#include <cstdint>

#include "gui/canvas/painter.h"
#include "gui/model/latest_digest.h"
#include "gui/model/pacing.h"
#include "gui/screens/commands.h"
#include "gui/timeline/timeline_view.h"
#include "gui/views/findings_view.h"
#include "gui/views/header_view.h"
#include "gui/views/tables_view.h"

namespace loopscope::gui {

class LiveScreen {
 public:
  /// `level`: the level to ask the program for; off: ask for nothing.
  explicit LiveScreen(tracer::Level level) : level_(level) {}

  /// Another session was attached.
  void begin();
  /// What recording costs is known now.
  void calibrate(const Calibration& calibration);

  /// Answers what the user clicked in the header, if the screen cannot do it itself.
  HeaderAction draw(Painter& painter, Rect window, TraceSource& source);
  /// Commands that are not the screen's own do nothing.
  void obey(Command command, TraceSource& source);
  /// Pauses on the worst finding and brings it into view; false if there is none.
  bool show_worst(TraceSource& source);

  /// True if the last picture contradicts what is so now.
  [[nodiscard]] bool outdated(const TraceSource& source) const;
  /// What has changed since the last picture, if it is not outdated.
  [[nodiscard]] Motion motion(const TraceSource& source) const;

 private:
  /// The state that needs a new frame when it changes while the view is paused.
  struct Standing {
    bool ended = false;
    tracer::Level level = tracer::Level::off;
    tracer::LeaseState lease = tracer::LeaseState::none;
    bool operator==(const Standing&) const = default;
  };
  static Standing standing(const TraceSource& source) { return {source.ended(), source.level(), source.lease()}; }

  void update(TraceSource& source);
  void pause(TraceSource& source);
  void resume(TraceSource& source);
  void toggle_pause(TraceSource& source);
  void show(TraceSource& source, tracer::Finding finding);  ///< by value: pausing makes a new digest
  void draw_left(Painter& painter, Rect area, TraceSource& source, bool compact, float upper);
  void draw_graphs(Painter& painter, Rect area, TraceSource& source);
  void draw_table_and_findings(Painter& painter, Rect area, TraceSource& source);

  tracer::Level level_;
  LatestDigest digest_;
  Calibration calibration_;
  TimelineView timeline_;
  TablesView tables_;
  FindingsView findings_;
  Standing drawn_;
  std::uint64_t drawn_events_ = 0;
};

}  // namespace loopscope::gui
