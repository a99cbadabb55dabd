#pragma once
/// One call of one of a protocol's methods: a span in the trace, and in debug mode a report if it was slow.
/// Thread: the loop's, with the GIL. Owner: keeps the loop and the protocol alive. Errors: reported as unraisable.

#include <Python.h>

#include <cstdint>

#include "bindings/eventloop/loop_object.h"
#include "bindings/kit/py_ref.h"

namespace loopscope::bindings {

class ProtocolSpan {
 public:
  struct Call {
    LoopObject* loop;
    PyObject* protocol;
    PyObject* method;
    tracer::CallbackKind kind;
    std::uint64_t handle_id;
    const loop::Callback* cause;  ///< the callback that leads to the call; null if it is made inside another one
  };

  explicit ProtocolSpan(const Call& call);
  ~ProtocolSpan();
  ProtocolSpan(const ProtocolSpan&) = delete;
  ProtocolSpan& operator=(const ProtocolSpan&) = delete;

  [[nodiscard]] LoopObject* loop() const { return reinterpret_cast<LoopObject*>(loop_.get()); }

 private:
  PyRef loop_;  ///< the call may end the transport, which lets go of its loop and its protocol
  PyRef protocol_;
  PyObject* method_;
  tracer::Recorder& recorder_;
  std::uint64_t begin_ns_ = 0;  ///< in debug mode
};

}  // namespace loopscope::bindings
