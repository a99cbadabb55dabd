// What instructions_of.py calls through ctypes to cut what callgrind counts into pieces.

#include <valgrind/callgrind.h>

extern "C" void start_counting() {
  CALLGRIND_START_INSTRUMENTATION;
}

/// What was counted since the last mark gets this name.
extern "C" void mark(const char* name) {
  CALLGRIND_DUMP_STATS_AT(name);
}
