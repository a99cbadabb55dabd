#pragma once
/// Where a task stands that waits: the chain of coroutines that await each other, each with its line, and what the innermost of
/// them awaits.
///
/// Reads only coroutines, generators and what CPython itself puts between them, so that no code of the program runs. A chain ends
/// where something else is awaited, for example an object of a class with __await__().
///
/// Most chains were seen before, so frames are remembered by the instruction at which a coroutine stands and by the frame
/// that awaits it. An instruction is known by its address within its code object. What is remembered is forgotten when
/// a code dies, because another one may get its address.
/// Thread: the loop's, with the GIL. Owner: of nothing that it names. Errors: none; what cannot be read is left out.

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "bindings/naming/callback_names.h"
#include "loop/callback.h"

namespace loopscope::bindings {

class AwaitChains {
 public:
  explicit AwaitChains(CallbackNames& names) : names_(names) {}

  /// The innermost frame of the chain of a task that is not done and does not run; kNoName if there is none.
  tracer::NameId innermost(tracer::Recorder& recorder, PyObject* task);

 private:
  struct Frame {
    const char* instruction;  ///< null: the place is free
    std::uint64_t deaths;     ///< CallbackNames::deaths() when it was remembered
    tracer::NameId caller;
    tracer::NameId function;
    tracer::NameId frame;
  };
  static constexpr std::size_t kPlaces = 1024;

  Frame& place_of(const char* instruction, tracer::NameId caller);
  tracer::NameId frame_of(tracer::Recorder& recorder, PyObject* generator, tracer::NameId caller);

  CallbackNames& names_;
  std::unique_ptr<Frame[]> frames_;  ///< from the first chain on; two of them may want the same place
};

/// The future that a task waits for, or null: it only waits for its next turn.
PyRef awaited_by(PyObject* task);

/// Does `future` belong to an asyncio.gather()?
[[nodiscard]] bool is_gathering(PyObject* future);

}  // namespace loopscope::bindings
