#pragma once
/// The rows of the timeline. To add a row, write its file and name its type in Kinds.
/// Thread: one. Owner: of the rows. Errors: none.

#include <array>
#include <tuple>

#include "gui/timeline/bytes_row.h"
#include "gui/timeline/callbacks_row.h"
#include "gui/timeline/gil_wait_row.h"
#include "gui/timeline/iterations_row.h"
#include "gui/timeline/phases_row.h"
#include "gui/timeline/ready_row.h"
#include "gui/timeline/tasks_row.h"

namespace loopscope::gui {

class Rows {
 public:
  /// From top to bottom.
  using Kinds = std::tuple<IterationsRow, PhasesRow, CallbacksRow, TasksRow, BytesRow, GilWaitRow, ReadyRow>;
  static constexpr std::size_t kCount = std::tuple_size_v<Kinds>;

  template <typename Kind>
  [[nodiscard]] const Kind& get() const {
    return std::get<Kind>(rows_);
  }
  [[nodiscard]] std::array<Row*, kCount> all() {
    return std::apply([](auto&... row) { return std::array<Row*, kCount>{&row...}; }, rows_);
  }
  [[nodiscard]] std::array<const Row*, kCount> all() const {
    return std::apply([](const auto&... row) { return std::array<const Row*, kCount>{&row...}; }, rows_);
  }

 private:
  Kinds rows_;
};

}  // namespace loopscope::gui
