#pragma once
/// The tasks that a trace follows at level tasks, from when it first sees them until they are done or gone.
///
/// Each task has a number that no other task gets, because another task may soon have its address. The trace does not keep a task
/// alive. If nobody else holds it, it is destroyed while it waits, as on any loop, and the trace says so.
/// Thread: the GIL; a task may go in any thread. Owner: of nothing. Errors: none; a task that cannot be followed has no number.

#include <Python.h>

#include <cstdint>

#include "bindings/kit/death_watch.h"
#include "bindings/naming/await_chain.h"
#include "bindings/naming/callback_names.h"
#include "tracer/word_map.h"
#include "tracer/write/recorder.h"

namespace loopscope::bindings {

class LiveTasks {
 public:
  LiveTasks(tracer::Recorder& recorder, CallbackNames& names);

  /// The task's number. The trace follows a task from its first call on. 0 below level tasks, and for a task that is done.
  std::uint64_t number_of(PyObject* task);
  /// To be called when the task is done. Nothing if it is not followed.
  void done(PyObject* task);
  /// To be called when a step of it has ended, and it is not done: where it stands now, and what it waits for.
  void stopped(PyObject* task);
  /// `future` will have its result from a timer (sleep), a handle or a job with this id, until ends_with() says otherwise. That has to
  /// be said before the future goes: of a job at any level, of the others at level tasks.
  void starts_with(PyObject* future, tracer::AwaitKind kind, std::uint64_t id);
  void ends_with(PyObject* future);
  /// Only when nothing is recorded any more.
  void clear();

 private:
  struct Awaited {
    tracer::AwaitKind kind;
    std::uint64_t id;
  };
  void look_for_new_period();
  std::uint64_t follow(PyObject* task);
  void tell_name(PyObject* task, std::uint64_t number);
  Awaited what_awaits(PyObject* task);
  void end(const void* task, tracer::TaskEnd how);

  tracer::Recorder& recorder_;
  CallbackNames& task_names_;
  std::uint64_t last_number_ = 0;
  std::uint64_t period_ = 0;  ///< the recorder's, in which these are followed
  tracer::WordMap numbers_;   ///< by address
  tracer::WordMap names_;     ///< by address: the task's name + 1
  tracer::WordMap told_;      ///< by address: of the object that was its name in asyncio when that was told of
  tracer::WordMap
      sources_;  ///< by the address of a future, which lives as long: AwaitKind in the top byte, id below
  DeathWatch watched_;
  AwaitChains chains_;
};

}  // namespace loopscope::bindings
