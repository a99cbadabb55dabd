#include "bindings/eventloop/pool_job.h"

#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/attribute.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/type_kit.h"
#include "bindings/kit/utf8_text.h"

namespace loopscope::bindings {

using tracer::JobEnd;

namespace {

PyTypeObject* job_type = nullptr;

struct JobObject {
  PyObject_HEAD PyObject* function;
  LoopObject* loop;
  std::uint64_t id;  ///< 0: its end was told
  PyObject* future;  ///< borrowed: the pool keeps it until the job has ended; null if it is not told of
};

JobObject* as_job(PyObject* object) {
  return reinterpret_cast<JobObject*>(object);
}

tracer::Recorder& recorder_of(JobObject* job) {
  return native(job->loop).recorder();
}

/// As threading names the thread that runs now.
tracer::NameId this_thread(tracer::Recorder& recorder) {
  const PyRef threading = PyRef::steal(PyImport_ImportModule("threading"));
  const PyRef thread =
      PyRef::steal(threading ? PyObject_CallMethod(threading.get(), "current_thread", nullptr) : nullptr);
  const PyRef name = attribute(thread.get(), "name");
  const auto text = utf8_or_nothing(name.get());
  return text ? recorder.intern_text(*text) : tracer::kNoName;
}

void end(JobObject* job, JobEnd how) {
  if (PyObject* future = std::exchange(job->future, nullptr))
    job->loop->state->trace.tasks.ends_with(future);
  if (const auto id = std::exchange(job->id, 0))
    recorder_of(job).job_ended(id, how, !native(job->loop).in_callback());
}

PyObject* call(PyObject* object, PyObject* args, PyObject* keywords) {
  JobObject* job = as_job(object);
  if (recorder_of(job).callbacks())
    recorder_of(job).job_begun(job->id, this_thread(recorder_of(job)));
  PyObject* result = PyObject_Call(job->function, args, keywords);
  end(job, result != nullptr ? JobEnd::returned : JobEnd::raised);
  return result;
}

PyObject* resolves(PyObject* object, PyObject* future) {
  JobObject* job = as_job(object);
  if (job->id != 0 && recorder_of(job).tasks()) {
    job->future = future;
    job->loop->state->trace.tasks.starts_with(future, tracer::AwaitKind::job, job->id);
  }
  Py_RETURN_NONE;
}

PyMethodDef methods[] = {
    {"_resolves", method<resolves>(), METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

/// What the function is asked for, its name for example, it answers itself.
PyObject* get_attribute(PyObject* object, PyObject* name) {
  PyObject* found = PyObject_GenericGetAttr(object, name);
  if (found != nullptr || PyErr_ExceptionMatches(PyExc_AttributeError) == 0)
    return found;
  PyErr_Clear();
  return PyObject_GetAttr(as_job(object)->function, name);
}

PyObject* repr(PyObject* object) {
  return PyObject_Repr(as_job(object)->function);
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(as_job(object)->function);
  Py_VISIT(as_job(object)->loop);
  return 0;
}

int clear_references(PyObject* object) {
  Py_CLEAR(as_job(object)->function);
  return 0;
}

void dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  end(as_job(object), JobEnd::cancelled);
  clear_references(object);
  Py_CLEAR(as_job(object)->loop);
  type->tp_free(object);
  Py_DECREF(type);
}

}  // namespace

PyObject* pool_job(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  LoopObject* self = as_loop(object);
  if (count != 3) {
    PyErr_SetString(PyExc_TypeError, "a kind, a function and the one to name are required");
    return nullptr;
  }
  const long kind = PyLong_AsLong(args[0]);
  if (kind == -1 && PyErr_Occurred() != nullptr)
    return nullptr;
  tracer::Recorder& recorder = native(self).recorder();
  if (!recorder.callbacks())
    return or_none(args[1]);
  auto* job = reinterpret_cast<JobObject*>(job_type->tp_alloc(job_type, 0));
  if (job == nullptr)
    return nullptr;
  assign(job->function, args[1]);
  Py_INCREF(self);
  job->loop = self;
  const auto what = self->state->trace.names.describe(recorder, args[2], tracer::CallbackKind::unknown);
  job->id = recorder.job_queued(static_cast<tracer::JobKind>(kind), what.name);
  return reinterpret_cast<PyObject*>(job);
}

bool add_pool_job_type(PyObject* module) {
  PyType_Slot slots[] = {
      {Py_tp_methods, methods},
      {Py_tp_call, reinterpret_cast<void*>(Guarded<call>::call)},
      {Py_tp_getattro, reinterpret_cast<void*>(get_attribute)},
      {Py_tp_repr, reinterpret_cast<void*>(repr)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear_references)},
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_tp_doc, const_cast<char*>("A function in a thread pool, whose begin and end are recorded.")},
      {0, nullptr},
  };
  PyType_Spec spec = {"loopscope._native.PoolJob", sizeof(JobObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                      slots};
  job_type = made_natively_only(reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec)));
  return job_type != nullptr && PyModule_AddType(module, job_type) == 0;
}

}  // namespace loopscope::bindings
