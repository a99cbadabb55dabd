#pragma once
/// What a descriptor that asyncio's own code watches belongs to: a listener, a datagram socket, a pipe, a child.
///
/// Those parts of asyncio run unchanged on the loop and watch their descriptors by private methods. The trace should
/// name what the user knows: the protocol and its method, not asyncio's _read_ready.
/// Thread: the GIL. Errors: none; an unknown one is a plain watcher with its callback's own name.

#include <Python.h>

#include "bindings/naming/callback_names.h"

namespace loopscope::bindings {

struct WatchKind {
  tracer::CallbackKind callback;
  tracer::HandleKind handle;
  tracer::NameId name;
  bool transports;  ///< the descriptor is a transport's, which records itself and its handle
};

/// `args` are what `callback` will be called with.
WatchKind watch_kind(CallbackNames& names, tracer::Recorder& recorder, PyObject* callback, PyObject* const* args,
                     Py_ssize_t count, tracer::CallbackKind otherwise);

}  // namespace loopscope::bindings
