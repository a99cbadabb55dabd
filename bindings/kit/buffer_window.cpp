#include "bindings/kit/buffer_window.h"

#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {
namespace {

struct WindowObject {
  PyObject_HEAD void* data;
  Py_ssize_t size_bytes;
};

PyTypeObject* window_type = nullptr;

WindowObject* as_window(PyObject* object) {
  return reinterpret_cast<WindowObject*>(object);
}

int get_buffer(PyObject* object, Py_buffer* view, int flags) {
  return PyBuffer_FillInfo(view, object, as_window(object)->data, as_window(object)->size_bytes, 0, flags);
}

}  // namespace

PyObject* new_window() {
  return window_type->tp_alloc(window_type, 0);
}

Showing::Showing(PyObject* window, void* data, Py_ssize_t size_bytes) : window_(window) {
  as_window(window)->data = data;
  as_window(window)->size_bytes = size_bytes;
}

Showing::~Showing() {
  as_window(window_)->data = nullptr;
  as_window(window_)->size_bytes = 0;
}

bool make_window_type() {
  PyType_Slot slots[] = {
      {Py_bf_getbuffer, reinterpret_cast<void*>(get_buffer)},
      {Py_tp_doc, const_cast<char*>("Memory shown to a C function for one call.")},
      {0, nullptr},
  };
  PyType_Spec spec = {"loopscope._native.BufferWindow", sizeof(WindowObject), 0, Py_TPFLAGS_DEFAULT, slots};
  window_type = made_natively_only(reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec)));
  return window_type != nullptr;
}

}  // namespace loopscope::bindings
