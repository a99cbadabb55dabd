#include "bindings/eventloop/protocol_span.h"

namespace loopscope::bindings {

ProtocolSpan::ProtocolSpan(const Call& call)
    : loop_(PyRef::borrow(as_object(call.loop))),
      protocol_(PyRef::borrow(call.protocol)),
      method_(call.method),
      recorder_(call.loop->state->loop.recorder()) {
  if (call.loop->debug != 0)
    begin_ns_ = tracer::monotonic_ns();
  tracer::NameId name = tracer::kNoName;
  if (recorder_.callbacks())
    name = call.loop->state->trace.names.method(recorder_, call.protocol, call.method);
  recorder_.work_begins();
  recorder_.callback_begin(call.kind, name, call.cause != nullptr ? call.cause->ready() : 0, 0, call.handle_id);
}

ProtocolSpan::~ProtocolSpan() {
  recorder_.callback_end();
  if (begin_ns_ == 0)
    return;
  const double seconds = static_cast<double>(tracer::monotonic_ns() - begin_ns_) * 1e-9;
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);  // what the call raised is its caller's
  const PyRef nothing = PyRef::steal(
      PyObject_CallMethod(loop_.get(), "_report_if_slow_protocol", "OOd", protocol_.get(), method_, seconds));
  if (!nothing)
    PyErr_WriteUnraisable(protocol_.get());
  PyErr_Restore(type, value, traceback);
}

}  // namespace loopscope::bindings
