#pragma once
/// Where a stall stood, what its thread did, and how people are told so.
///
/// Thread: one. Owner: of what it answers; names are views of what the lookup answers. Errors: none; unknown is said to be unknown.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/analysis/stalls.h"
#include "tracer/analysis/wording.h"

namespace loopscope::tracer {

/// A stack of the watchdog's track, by its innermost frame: innermost first.
using StackLookup = std::function<std::vector<Name>(NameId frame)>;

/// What a thread mostly did.
struct StallLabel {
  ThreadDoing doing = ThreadDoing::unknown;
  NameId system_call = kNoName;  ///< of the watchdog's track
  std::uint64_t samples = 0;     ///< how many say so
  std::uint64_t of = 0;
};
/// Time without a CPU is the scheduler's: it is never charged to the callback, whatever it was seen doing.
StallLabel label_of(const Stall& stall);
/// "on a CPU", "in a system call". `system_call` may be empty.
std::string label_text(const StallLabel& label, std::string_view system_call);

/// Is this the user's own code? Not the interpreter's library, not an installed package, not loopscope.
bool is_own_file(std::string_view file);

/// The place at which most of its samples stood.
struct StallLine {
  std::vector<Name> stack;    ///< of such a sample, innermost first
  Name innermost;             ///< the place
  std::optional<Name> own;    ///< the innermost frame of the user's own code in that stack
  std::uint64_t samples = 0;  ///< how many stood there
  std::uint64_t of = 0;       ///< that have a stack
  [[nodiscard]] const Name& told() const { return own ? *own : innermost; }
};
/// Nothing if no sample has a stack.
std::optional<StallLine> line_of(const Stall& stall, const StackLookup& stacks);
/// "report.py:88 in render_report"; "in sleep" if it has no file.
std::string line_text(const Name& name);

}  // namespace loopscope::tracer
