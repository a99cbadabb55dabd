#pragma once
/// Where a loop is: in which part of a run, in which part of a poll, and what will end the run.
///
///     RunState    closed ←─close()── rest ──run()──→ starting ──first poll returns──→ running
///                                     ↑                  │                              │ stop(), or run_once() polled
///                                     │                  │ interrupt()    interrupt()   ↓
///                                     ├─────────────── interrupted ←─────────────── ending
///                                     └──────────── the iteration is over ────────────┘
///
///     PollStage   outside ──on_prepare──→ inside ──may sleep: the gate opens──→ asleep ──wake()──→ woken
///                    ↑                       │                                     │                │
///                    └───────────────────────┴────── first callback of the poll ───┴────────────────┘
///
/// Thread: RunState is the loop's thread's. PollStage is read and moved from `asleep` to `woken` by any thread.

#include <cstdint>

namespace loopscope::loop {

/// In this order: what is later includes what is asked of the states before it.
enum class RunState : std::uint8_t {
  closed,
  rest,
  starting,     ///< nothing runs before the first poll
  running,      ///< iterations follow each other
  ending,       ///< the run ends with this iteration; what is due in it still runs
  interrupted,  ///< the run ends with this iteration; nothing more runs, what is queued stays queued
};

enum class PollStage : std::uint8_t {
  outside,
  inside,  ///< libuv polls and holds the gate: it cannot sleep
  asleep,  ///< libuv polls and the gate is open
  woken,   ///< as asleep, and wake() has been called
};

/// How far run() goes by itself.
enum class RunUntil : std::uint8_t {
  stopped,                 ///< until stop() or interrupt()
  polled,                  ///< one poll, which may sleep, and what it brings
  polled_without_waiting,  ///< one poll that returns at once, and what it brings
};

}  // namespace loopscope::loop
