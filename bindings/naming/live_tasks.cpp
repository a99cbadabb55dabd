#include "bindings/naming/live_tasks.h"

#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"

namespace loopscope::bindings {
namespace {

constexpr std::size_t kFirstPlaces = 64;

std::uint64_t word_of(const void* task) {
  return reinterpret_cast<std::uintptr_t>(task);
}

PyRef attribute(const PyRef& object, const char* name) {
  PyRef found = PyRef::steal(object ? PyObject_GetAttrString(object.get(), name) : nullptr);
  PyErr_Clear();
  return found;
}

/// Has the coroutine of a task that is not done not begun? Then the task was made just now. False also if nobody can tell.
bool is_new(PyObject* task) {
  const PyRef coroutine =
      PyRef::steal(runtime().task_get_coro != nullptr ? runtime().task_get_coro(task, nullptr) : nullptr);
  PyErr_Clear();
#if PY_VERSION_HEX >= 0x030B0000
  return attribute(coroutine, "cr_suspended").get() == Py_False &&
         attribute(coroutine, "cr_running").get() == Py_False;
#else
  const PyRef last = attribute(attribute(coroutine, "cr_frame"), "f_lasti");
  return last && PyLong_AsLong(last.get()) < 0;
#endif
}

bool is_done(PyObject* task) {
  const PyRef done = PyRef::steal(runtime().task_done != nullptr ? runtime().task_done(task, nullptr) : nullptr);
  PyErr_Clear();
  return done.get() == Py_True;
}

}  // namespace

LiveTasks::LiveTasks(loop::Loop& loop, CallbackNames& names)
    : loop_(loop),
      task_names_(names),
      numbers_(kFirstPlaces),
      names_(kFirstPlaces),
      watched_([this](const void* task) { end(task, tracer::TaskEnd::destroyed); }) {}

std::uint64_t LiveTasks::number_of(PyObject* task) {
  const tracer::Recorder& recorder = loop_.recorder();
  if (!recorder.tasks())
    return 0;
  if (recorder.tasks_period() != period_) {
    clear();
    period_ = recorder.tasks_period();
  }
  const auto known = numbers_.find(word_of(task));
  return known != 0 ? known : follow(task);
}

std::uint64_t LiveTasks::follow(PyObject* task) {
  tracer::Recorder& recorder = loop_.recorder();
  if (is_done(task) || !watched_.watch(task, task))
    return 0;
  const tracer::NameId name = task_names_.task(recorder, task);
  const auto number = ++last_number_;
  numbers_.put(word_of(task), number);
  names_.put(word_of(task), std::uint64_t{name} + 1);
  recorder.task_created(name, number, is_new(task) ? tracer::TaskStart::created : tracer::TaskStart::noticed,
                        word_of(task));
  return number;
}

void LiveTasks::done(PyObject* task) {
  watched_.forget(task);
  end(task, tracer::TaskEnd::done);
}

void LiveTasks::end(const void* task, tracer::TaskEnd how) {
  const auto number = numbers_.erase(word_of(task));
  const auto name = names_.erase(word_of(task));
  if (number != 0 && loop_.recorder().tasks_period() == period_)
    loop_.recorder().task_done(static_cast<tracer::NameId>(name - 1), number, how);
}

void LiveTasks::clear() {
  watched_.clear();
  numbers_ = tracer::WordMap(kFirstPlaces);
  names_ = tracer::WordMap(kFirstPlaces);
}

}  // namespace loopscope::bindings
