#include "bindings/stalls/python_stacks.h"

#include <frameobject.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "bindings/kit/py_ref.h"
#include "bindings/stalls/python_layout.h"

namespace loopscope::bindings {

using tracer::StackCopy;
using tracer::StackOf;
using tracer::StackRead;

namespace {

/// A stack that changes is tried again so often.
constexpr int kMostTries = 6;

enum class Proof : std::uint8_t { none, right, wrong };
std::atomic<Proof> proof = Proof::none;
PythonLock lock;

bool stands_as_copied(PyFrameObject* frame, const tracer::StackFrame& copied) {
  const PyRef code = PyRef::steal(reinterpret_cast<PyObject*>(PyFrame_GetCode(frame)));
  PyObject* file = reinterpret_cast<PyCodeObject*>(code.get())->co_filename;
  const int line = PyFrame_GetLineNumber(frame);
  return copied.line == static_cast<std::uint32_t>(std::max(line, 0)) &&
         (!PyUnicode_IS_ASCII(file) || copied.file == PyUnicode_AsUTF8(file));
}

/// Does the copy of this thread's own stack say what CPython says?
bool is_right(FrameWalk& walk) {
  if (walk.read(reinterpret_cast<std::uint64_t>(PyThreadState_Get())) != FrameWalk::Outcome::done)
    return false;
  PyRef frame = PyRef::steal(reinterpret_cast<PyObject*>(PyThreadState_GetFrame(PyThreadState_Get())));
  for (const auto& copied : walk.frames()) {
    auto* object = reinterpret_cast<PyFrameObject*>(frame.get());
    if (!frame || !stands_as_copied(object, copied))
      return false;
    frame = PyRef::steal(reinterpret_cast<PyObject*>(PyFrame_GetBack(object)));
  }
  return walk.cut() || !frame;
}

}  // namespace

bool PythonStacks::works() {
  return proof == Proof::right;
}

void PythonStacks::attach(bool recorded) {
  if (recorded && proof == Proof::none) {
    lock = python_lock();
    const SelfMemory memory;
    FrameWalk walk(memory);
    proof = python_layout.known != 0 && is_right(walk) ? Proof::right : Proof::wrong;
  }
  thread_.store(reinterpret_cast<std::uint64_t>(PyThreadState_Get()), std::memory_order_release);
}

PythonStacks::Buffers& PythonStacks::buffers() {
  if (buffers_ == nullptr)
    buffers_ = std::make_unique<Buffers>();
  return *buffers_;
}

StackCopy PythonStacks::copy(StackOf whose) {
  StackCopy copy;
  if (!works())
    return copy;
  const auto own = thread_.load(std::memory_order_acquire);
  const auto holder = lock_holder();
  const auto thread = whose == StackOf::lock_holder ? holder : own;
  copy.loop_holds_lock = holder == own;
  int collecting = 0;
  copy.collecting =
      buffers().memory.read(reinterpret_cast<std::uint64_t>(lock.collecting), &collecting, sizeof(collecting)) &&
      collecting != 0;
  if (thread == 0)
    return copy;
  auto& walk = buffers().walk;
  auto outcome = FrameWalk::Outcome::changed;
  for (int tries = 0; tries < kMostTries && outcome == FrameWalk::Outcome::changed; ++tries)
    outcome = walk.read(thread);
  copy.thread = native_id(thread);
  if (outcome == FrameWalk::Outcome::no_frames)
    return copy;
  copy.read = outcome == FrameWalk::Outcome::done ? StackRead::done : StackRead::torn;
  if (copy.read == StackRead::done) {
    copy.frames = walk.frames();
    copy.cut = walk.cut();
  }
  return copy;
}

/// 0: nobody holds it now.
std::uint64_t PythonStacks::lock_holder() {
  int locked = 0;
  std::uint64_t holder = 0;
  const std::array pieces{
      SelfMemory::Piece{reinterpret_cast<std::uint64_t>(lock.locked), &locked, sizeof(locked)},
      SelfMemory::Piece{reinterpret_cast<std::uint64_t>(lock.holder), &holder, sizeof(holder)}};
  return buffers().memory.read(pieces) && locked > 0 ? holder : 0;
}

std::uint64_t PythonStacks::native_id(std::uint64_t thread) {
  unsigned long id = 0;
  const bool read = python_layout.thread_native_id != 0 &&
                    buffers().memory.read(thread + python_layout.thread_native_id, &id, sizeof(id));
  return read ? id : 0;
}

bool PythonStacks::is_lock(std::uint64_t address) const {
  const auto begin = reinterpret_cast<std::uint64_t>(lock.lock);
  return begin != 0 && address >= begin && address < begin + lock.lock_bytes;
}

}  // namespace loopscope::bindings
