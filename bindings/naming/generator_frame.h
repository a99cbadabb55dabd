#pragma once
/// What CPython knows of a coroutine, a generator or an asynchronous generator: its code, where it stands, what it awaits.
///
/// No frame object is made for that where CPython has other ways (3.11 to 3.13), and no code of the program runs.
/// Thread: the GIL. Owner: of nothing; codes are borrowed from the generator. Errors: none. Units: bytes of instructions.

#include <Python.h>

#include "bindings/kit/py_ref.h"

namespace loopscope::bindings {

/// One of the three kinds? The other functions are only for these.
[[nodiscard]] bool is_generator(PyObject* object);

/// Its code; it keeps that alive.
PyCodeObject* code_of(PyObject* generator);

inline constexpr int kBegins = -1;   ///< has not begun
inline constexpr int kNowhere = -2;  ///< has ended
/// How far into its code the instruction lies at which it stands.
int offset_of(PyObject* generator, const PyCodeObject* code);

/// What it awaits or yields from; null if it does neither.
PyRef awaited_by_generator(PyObject* generator);

/// An address that means this instruction and nothing else as long as the code lives. Null before Python 3.11, where
/// instructions do not lie in the code object.
inline const char* instruction_at(const PyCodeObject* code, int offset) {
#if PY_VERSION_HEX >= 0x030B0000
  return reinterpret_cast<const char*>(code) + (offset - kNowhere);
#else
  (void)code, (void)offset;
  return nullptr;
#endif
}

}  // namespace loopscope::bindings
