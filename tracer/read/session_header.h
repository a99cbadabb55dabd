#pragma once
/// Is this file a session, and can its header be true? The one place where a header is checked.
///
/// Thread: any. Errors: an OpenError, and a sentence that says what was wrong, what was expected, what to do.
/// After check_header() found nothing wrong, a reader needs no further checks for the bounds of the session's parts.

#include <cstdint>
#include <string>

#include "tracer/format.h"

namespace loopscope::tracer {

enum class OpenError : std::uint8_t {
  none,
  no_such_session,
  not_a_session,
  other_version,
  truncated,
  not_yours,
  unreadable,
};

struct OpenProblem {
  OpenError error = OpenError::none;
  std::string message;
};

/// Checks a copy of the first `copied_bytes` (at most the header's size) of a file of `file_bytes`.
/// `what` names the file in the sentence.
OpenProblem check_header(const SessionHeader& header, std::uint64_t copied_bytes, std::uint64_t file_bytes,
                         const std::string& what);

}  // namespace loopscope::tracer
