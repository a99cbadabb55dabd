#pragma once
/* Where CPython keeps what a stack is read from: offsets and addresses, for the Python that this is built for.
 *
 * CPython's own structures say them. Their headers are C and not C++, so python_layout.c is C, and this header is both. A program may run
 * with a later patch of the same minor version; their structures are the same. PythonStacks proves that before it relies on it.
 *
 * Thread: any. Units: bytes from the start of the structure. */

#ifdef __cplusplus
extern "C" {
#endif

struct PythonLayout {
  int known; /* 0: CPython's internal headers were not there when this was built */

  /* PyThreadState */
  unsigned thread_frame; /* pointer to the innermost frame; or to a structure that has it at `holder_frame` */
  int frame_has_holder;
  unsigned holder_frame;
  unsigned thread_native_id; /* 0: it has none (before Python 3.11) */

  /* a frame */
  unsigned frame_bytes; /* as much of it as has to be read */
  unsigned frame_code;
  unsigned frame_previous;
  unsigned frame_instruction; /* pointer to an instruction; before Python 3.11 an int */
  unsigned frame_owner;       /* a char; 0: frames have none (before Python 3.11) */

  /* PyCodeObject */
  unsigned code_bytes;
  unsigned code_name; /* qualified, if the code knows it (from Python 3.11 on) */
  unsigned code_file;
  unsigned code_lines;
  unsigned code_first_line;
  unsigned code_instructions; /* 0: they lie elsewhere (before Python 3.11) */
};

extern const struct PythonLayout python_layout;

/* What the interpreter shares between threads. */
struct PythonLock {
  const void* lock; /* null: not known */
  unsigned long lock_bytes;
  const void* holder;     /* of a pointer: the thread state that took it last */
  const void* locked;     /* of an int */
  const void* collecting; /* of an int */
};

/* With the GIL, in the main interpreter. */
struct PythonLock python_lock(void);

#ifdef __cplusplus
}
#endif
