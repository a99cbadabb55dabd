#define Py_BUILD_CORE 1
#include <Python.h>

#include "bindings/stalls/python_layout.h"

#if defined(LOOPSCOPE_PYTHON_INTERNALS)

#include <frameobject.h>
#include <stddef.h>

#include "internal/pycore_interp.h"
#include "internal/pycore_runtime.h"
#if PY_VERSION_HEX >= 0x030B0000
#include "internal/pycore_frame.h"
#endif
#if PY_VERSION_HEX >= 0x030E0000
#include "internal/pycore_interpframe_structs.h"
#endif

#if PY_VERSION_HEX >= 0x030B0000
typedef struct _PyInterpreterFrame Frame;
#else
typedef PyFrameObject Frame;
#endif

const struct PythonLayout python_layout = {
    .known = 1,
#if PY_VERSION_HEX >= 0x030D0000
    .thread_frame = offsetof(PyThreadState, current_frame),
#elif PY_VERSION_HEX >= 0x030B0000
    .thread_frame = offsetof(PyThreadState, cframe),
    .frame_has_holder = 1,
    .holder_frame = offsetof(_PyCFrame, current_frame),
#else
    .thread_frame = offsetof(PyThreadState, frame),
#endif

#if PY_VERSION_HEX >= 0x030B0000
    .thread_native_id = offsetof(PyThreadState, native_thread_id),
    .frame_bytes = offsetof(Frame, owner) + 1,
    .frame_previous = offsetof(Frame, previous),
    .frame_owner = offsetof(Frame, owner),
    .code_name = offsetof(PyCodeObject, co_qualname),
    .code_instructions = offsetof(PyCodeObject, co_code_adaptive),
#else
    .frame_bytes = offsetof(Frame, f_lasti) + sizeof(int),
    .frame_previous = offsetof(Frame, f_back),
    .code_name = offsetof(PyCodeObject, co_name),
#endif

#if PY_VERSION_HEX >= 0x030D0000
    .frame_code = offsetof(Frame, f_executable),
    .frame_instruction = offsetof(Frame, instr_ptr),
#elif PY_VERSION_HEX >= 0x030B0000
    .frame_code = offsetof(Frame, f_code),
    .frame_instruction = offsetof(Frame, prev_instr),
#else
    .frame_code = offsetof(Frame, f_code),
    .frame_instruction = offsetof(Frame, f_lasti),
#endif

    .code_bytes = sizeof(PyCodeObject),
    .code_file = offsetof(PyCodeObject, co_filename),
#if PY_VERSION_HEX >= 0x030A0000
    .code_lines = offsetof(PyCodeObject, co_linetable),
#else
    .code_lines = offsetof(PyCodeObject, co_lnotab),
#endif
    .code_first_line = offsetof(PyCodeObject, co_firstlineno),
};

struct PythonLock python_lock(void) {
  PyInterpreterState* interpreter = PyInterpreterState_Main();
#if PY_VERSION_HEX >= 0x030C0000
  struct _gil_runtime_state* lock = interpreter->ceval.gil;
#else
  struct _gil_runtime_state* lock = &_PyRuntime.ceval.gil;
#endif
  struct PythonLock found = {lock, sizeof(*lock), &lock->last_holder, &lock->locked, &interpreter->gc.collecting};
  return found;
}

#else

const struct PythonLayout python_layout = {0};

struct PythonLock python_lock(void) {
  struct PythonLock none = {0};
  return none;
}

#endif
