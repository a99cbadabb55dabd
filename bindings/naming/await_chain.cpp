#include "bindings/naming/await_chain.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "bindings/kit/attribute.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/naming/generator_frame.h"

namespace loopscope::bindings {

using tracer::NameId;

namespace {

constexpr int kMostCoroutines = 48;  // readers follow 64 frames

/// Before Python 3.11 a code object does not know it.
PyRef qualname_of(PyObject* generator) {
#if PY_VERSION_HEX >= 0x030B0000
  (void)generator;
  return {};
#else
  static PyObject* const name = PyUnicode_InternFromString("__qualname__");
  return attribute(generator, name);
#endif
}

/// What CPython puts between two coroutines has no public type, but shows the inner one to the garbage collector.
bool is_in_between(PyObject* object) {
  static constexpr std::array kNames{"coroutine_wrapper", "async_generator_asend", "async_generator_athrow",
                                     "anext_awaitable"};
  return Py_TYPE(object)->tp_traverse != nullptr &&
         std::any_of(kNames.begin(), kNames.end(),
                     [&](const char* name) { return std::strcmp(Py_TYPE(object)->tp_name, name) == 0; });
}

PyRef behind(PyObject* object) {
  PyObject* found = nullptr;
  Py_TYPE(object)->tp_traverse(
      object,
      [](PyObject* visited, void* result) {
        if (visited == nullptr || !is_generator(visited))
          return 0;
        *static_cast<PyObject**>(result) = visited;
        return 1;
      },
      &found);
  return PyRef::borrow(found);
}

/// 0 if it stands nowhere.
std::uint32_t line_of(PyCodeObject* code, int offset) {
  const int line = offset != kNowhere ? PyCode_Addr2Line(code, offset) : 0;
  return line > 0 ? static_cast<std::uint32_t>(line) : 0;
}

}  // namespace

AwaitChains::Frame& AwaitChains::place_of(const char* instruction, NameId caller) {
  if (frames_ == nullptr)
    frames_ = std::make_unique<Frame[]>(kPlaces);
  const auto word = reinterpret_cast<std::uintptr_t>(instruction) + std::uint64_t{caller} * kPlaces;
  return frames_[(word * 0x9E3779B97F4A7C15U >> 32U) % kPlaces];
}

NameId AwaitChains::frame_of(tracer::Recorder& recorder, PyObject* generator, NameId caller) {
  PyCodeObject* code = code_of(generator);
  const int offset = offset_of(generator, code);
  const char* instruction = instruction_at(code, offset);
  Frame& known = place_of(instruction, caller);
  if (instruction != nullptr && known.instruction == instruction && known.caller == caller &&
      known.deaths == names_.deaths() && recorder.holds_name(known.frame) && recorder.holds_name(known.function))
      [[likely]]
    return known.frame;
  const PyRef qualname = qualname_of(generator);
  const NameId function = names_.code(recorder, code, qualname.get());
  const NameId frame = recorder.intern_frame(caller, function, line_of(code, offset));
  // A code that cannot be watched is not found a second time. Nobody would say that it is gone.
  if (frame != tracer::kNoName && recorder.find_name(code) != tracer::kNoName)
    known = {instruction, names_.deaths(), caller, function, frame};
  return frame;
}

NameId AwaitChains::innermost(tracer::Recorder& recorder, PyObject* task) {
  PyRef at = PyRef::steal(runtime().task_get_coro != nullptr ? runtime().task_get_coro(task, nullptr) : nullptr);
  PyErr_Clear();
  NameId frame = tracer::kNoName;
  for (int left = kMostCoroutines; at && left > 0; --left) {
    if (is_generator(at.get())) {
      frame = frame_of(recorder, at.get(), frame);
      at = awaited_by_generator(at.get());
    } else if (is_in_between(at.get())) {
      at = behind(at.get());
    } else {
      break;
    }
  }
  return frame;
}

PyRef awaited_by(PyObject* task) {
  static PyObject* const name = PyUnicode_InternFromString("_fut_waiter");
  PyRef future = attribute(task, name);
  return future && future.get() != Py_None ? std::move(future) : PyRef();
}

bool is_gathering(PyObject* future) {
  return std::strcmp(Py_TYPE(future)->tp_name, "_GatheringFuture") == 0;
}

}  // namespace loopscope::bindings
