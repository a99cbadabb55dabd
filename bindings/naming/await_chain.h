#pragma once
/// Where a task stands that waits: the chain of coroutines that await each other, each with its line, and what the innermost of
/// them awaits.
///
/// Reads only coroutines, generators and what CPython itself puts between them, so that no code of the program runs. A chain ends
/// where something else is awaited, for example an object of a class with __await__().
/// Thread: the loop's, with the GIL. Owner: of nothing that it names. Errors: none; what cannot be read is left out.
/// Cost: about half a µs for each coroutine of the chain (CPython 3.11), at level tasks only.

#include <Python.h>

#include "bindings/naming/callback_names.h"
#include "loop/callback.h"

namespace loopscope::bindings {

/// The innermost frame of the chain of a task that is not done and does not run; kNoName if there is none.
tracer::NameId await_chain(tracer::Recorder& recorder, CallbackNames& names, PyObject* task);

/// The future that a task waits for, or null: it only waits for its next turn.
PyRef awaited_by(PyObject* task);

/// Does `future` belong to an asyncio.gather()?
[[nodiscard]] bool is_gathering(PyObject* future);

}  // namespace loopscope::bindings
