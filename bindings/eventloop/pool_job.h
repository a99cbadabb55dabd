#pragma once
/// A function on its way through a thread pool: called in place of the function, it tells the trace when a worker began and ended
/// it.
///
/// Thread: made on the loop's thread, called in a worker's; the GIL guards it. Owner: of the function and the loop. A job whose
/// loop is closed runs and is not recorded. Errors: the function's own.

#include <Python.h>

namespace loopscope::bindings {

struct LoopObject;

/// _pool_job(kind, function, named) -> a callable to give to the pool instead; the function itself if jobs are not recorded.
/// `named` is the function that the trace names. The callable's _resolves(future) says which future has its result.
PyObject* pool_job(PyObject* loop, PyObject* const* args, Py_ssize_t count);
bool add_pool_job_type(PyObject* module);

}  // namespace loopscope::bindings
