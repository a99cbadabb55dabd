#pragma once
/// Does the program of a session still write it? The one place where that is decided.
///
/// A program holds a lock on its session's first byte for as long as it has it mapped. The lock ends with the process, and when the
/// process becomes another program (exec); and it is seen from every PID namespace, in which pids mean nothing. In the program's
/// own namespace its pid and start time must agree, too: a zombie, or a child that only inherited the mapping, writes nothing.
/// A session of another namespace on a file system without locks cannot be judged. It counts as living, so nothing removes it.
///
/// Thread: any. Errors: none; what cannot be read is judged by its name.

#include "tracer/format.h"
#include "tracer/system/session_directory.h"
#include "tracer/system/shared_memory.h"

namespace loopscope::tracer {

/// `header` is the file's, of this version.
bool session_lives(const OpenFile& file, const SessionHeader& header);

/// Of a file of whatever content, `name` being its name. One that is just being made lives.
bool session_lives(const OpenFile& file, const SessionFileName& name);

/// Is it a session at all, of any version, or the beginning of one? Only then may anything remove it: a user may keep other files
/// in the directory, also under such a name ("1.2.3").
bool is_a_session(const OpenFile& file);

}  // namespace loopscope::tracer
