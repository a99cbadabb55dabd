#pragma once
/// A session's file, opened: its header, checked, and its bytes. If the program lives, the bytes are read from the file as they are
/// asked for; any other session is copied here and now.
///
/// Thread: any. Owner: of the open file or the copy. Errors: an OpenError, and a sentence that says what was wrong, what was
/// expected, what to do. It has the file's name as it is: whoever shows it makes it printable.
/// Nothing in the file is trusted. Links are not followed, and somebody else's file is not read.

#include <string>

#include "tracer/format.h"
#include "tracer/read/session_bytes.h"
#include "tracer/read/session_header.h"

namespace loopscope::tracer {

struct SessionFile {
  SessionHeader header{};
  SessionBytes bytes;
};

/// On an error `into` means nothing.
OpenProblem open_session_file(const std::string& path, SessionFile& into);

}  // namespace loopscope::tracer
