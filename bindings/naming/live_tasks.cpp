#include "bindings/naming/live_tasks.h"

#include <charconv>
#include <string_view>

#include "bindings/kit/attribute.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/utf8_text.h"

namespace loopscope::bindings {
namespace {

constexpr std::size_t kFirstPlaces = 64;

std::uint64_t word_of(const void* task) {
  return reinterpret_cast<std::uintptr_t>(task);
}

/// Has the coroutine of a task that is not done not begun? Then the task was made just now. False also if nobody can tell.
bool is_new(PyObject* task) {
  const PyRef coroutine =
      PyRef::steal(runtime().task_get_coro != nullptr ? runtime().task_get_coro(task, nullptr) : nullptr);
  PyErr_Clear();
#if PY_VERSION_HEX >= 0x030B0000
  return attribute(coroutine.get(), "cr_suspended").get() == Py_False &&
         attribute(coroutine.get(), "cr_running").get() == Py_False;
#else
  const PyRef last = attribute(attribute(coroutine.get(), "cr_frame").get(), "f_lasti");
  return last && PyLong_AsLong(last.get()) < 0;
#endif
}

constexpr std::string_view kOwnName = "Task-";
constexpr unsigned kKindShift = 56;

tracer::AwaitKind kind_in(std::uint64_t source) {
  return static_cast<tracer::AwaitKind>(source >> kKindShift);
}

/// n, if asyncio named it "Task-n"; else 0.
std::uint64_t number_in(std::string_view name) {
  std::uint64_t number = 0;
  if (name.size() <= kOwnName.size() || name.substr(0, kOwnName.size()) != kOwnName ||
      name[kOwnName.size()] == '0')
    return 0;
  const auto [end, failure] = std::from_chars(name.data() + kOwnName.size(), name.data() + name.size(), number);
  return failure == std::errc() && end == name.data() + name.size() ? number : 0;
}

bool is_done(PyObject* task) {
  const PyRef done = PyRef::steal(runtime().task_done != nullptr ? runtime().task_done(task, nullptr) : nullptr);
  PyErr_Clear();
  return done.get() == Py_True;
}

}  // namespace

LiveTasks::LiveTasks(tracer::Recorder& recorder, CallbackNames& names)
    : recorder_(recorder),
      task_names_(names),
      numbers_(kFirstPlaces),
      names_(kFirstPlaces),
      told_(kFirstPlaces),
      sources_(kFirstPlaces),
      watched_([this](const void* task) { end(task, tracer::TaskEnd::destroyed); }),
      chains_(names) {}

/// What was known in an earlier one may be wrong by now: nobody has said since then what ended.
void LiveTasks::look_for_new_period() {
  if (recorder_.tasks_period() == period_) [[likely]]
    return;
  clear();
  period_ = recorder_.tasks_period();
}

std::uint64_t LiveTasks::number_of(PyObject* task) {
  if (!recorder_.tasks())
    return 0;
  look_for_new_period();
  const auto known = numbers_.find(word_of(task));
  return known != 0 ? known : follow(task);
}

std::uint64_t LiveTasks::follow(PyObject* task) {
  if (is_done(task) || !watched_.watch(task, task))
    return 0;
  const tracer::NameId name = task_names_.task(recorder_, task);
  const auto number = ++last_number_;
  numbers_.put(word_of(task), number);
  names_.put(word_of(task), std::uint64_t{name} + 1);
  recorder_.task_created(name, number, is_new(task) ? tracer::TaskStart::created : tracer::TaskStart::noticed,
                         word_of(task));
  tell_name(task, number);
  return number;
}

/// asyncio names a task when it makes it. A program may give it another name at any time, which shows at its next step.
void LiveTasks::tell_name(PyObject* task, std::uint64_t number) {
  const PyRef name =
      PyRef::steal(runtime().task_get_name != nullptr ? runtime().task_get_name(task, nullptr) : nullptr);
  PyErr_Clear();
  if (!name || !PyUnicode_Check(name.get()) || told_.find(word_of(task)) == word_of(name.get()))
    return;
  told_.put(word_of(task), word_of(name.get()));
  const auto given = utf8_or_nothing(name.get());
  if (!given)
    return;
  if (const auto own = number_in(*given); own != 0)
    recorder_.task_named(number, tracer::kNoName, own);
  else
    recorder_.task_named(number, recorder_.intern_text(*given), 0);
}

void LiveTasks::stopped(PyObject* task) {
  const auto number = numbers_.find(word_of(task));
  if (number == 0 || !recorder_.tasks())
    return;
  tell_name(task, number);
  const auto frame = chains_.innermost(recorder_, task);
  const Awaited awaited = what_awaits(task);
  recorder_.step_stopped(number, awaited.kind, frame, awaited.id);
}

LiveTasks::Awaited LiveTasks::what_awaits(PyObject* task) {
  const PyRef future = awaited_by(task);
  if (!future)
    return {tracer::AwaitKind::again, 0};
  if (const auto source = sources_.find(word_of(future.get())); source != 0)
    return {kind_in(source), source & ((std::uint64_t{1} << kKindShift) - 1)};
  if (PyObject_TypeCheck(future.get(), runtime().task_type))
    return {tracer::AwaitKind::task, number_of(future.get())};
  return {is_gathering(future.get()) ? tracer::AwaitKind::gather : tracer::AwaitKind::future, 0};
}

void LiveTasks::starts_with(PyObject* future, tracer::AwaitKind kind, std::uint64_t id) {
  look_for_new_period();
  sources_.put(word_of(future), static_cast<std::uint64_t>(kind) << kKindShift | id);
}

void LiveTasks::ends_with(PyObject* future) {
  if (sources_.size() != 0) [[unlikely]]
    sources_.erase(word_of(future));
}

void LiveTasks::done(PyObject* task) {
  watched_.forget(task);
  end(task, tracer::TaskEnd::done);
}

void LiveTasks::end(const void* task, tracer::TaskEnd how) {
  const auto number = numbers_.erase(word_of(task));
  const auto name = names_.erase(word_of(task));
  told_.erase(word_of(task));
  if (number != 0 && recorder_.tasks_period() == period_)
    recorder_.task_done(static_cast<tracer::NameId>(name - 1), number, how);
}

void LiveTasks::clear() {
  watched_.clear();
  numbers_ = tracer::WordMap(kFirstPlaces);
  names_ = tracer::WordMap(kFirstPlaces);
  told_ = tracer::WordMap(kFirstPlaces);
  sources_.keep_if([](std::uint64_t source) { return kind_in(source) == tracer::AwaitKind::job; });
}

}  // namespace loopscope::bindings
