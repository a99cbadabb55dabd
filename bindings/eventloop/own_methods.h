#pragma once
/// The methods of a loop that a program has replaced: in a subclass, by patching a class, or on one loop.
///
/// asyncio's code calls some methods through the loop: call_later() asks self.time() and calls self.call_at(). Native
/// code skips these calls if the program has not replaced them, and this class tells. It looks through a class again when that class or
/// one of its bases has changed. It notes the attributes of one loop as they are set. So an ordinary loop pays for
/// comparing two numbers. It does not notice what is put into vars(loop) without setting an attribute.
///
/// Thread: the GIL. Errors: none; Python's exception is left as it was.

#include <Python.h>

namespace loopscope::bindings {

struct LoopObject;

/// Bits of a mask.
enum OwnMethod : unsigned { kTime = 1, kCallAt = 2, kCreateFuture = 4 };

class OwnMethods {
 public:
  /// True if the program has any of `methods` for this loop.
  [[nodiscard]] bool any(unsigned methods, PyObject* loop) {
    const PyTypeObject* type = Py_TYPE(loop);
    if (type != type_ || version_of(type) != version_ || version_ == kUnknown) [[unlikely]]
      look_through(Py_TYPE(loop));
    return ((in_class_ | in_loop_) & methods) != 0;
  }
  /// The attribute `name` of the loop was set to `value`, or deleted if that is null.
  void attribute_set(PyObject* name, PyObject* value, PyObject* loop);

 private:
  static constexpr unsigned kUnknown = 0;

  /// A number that changes when the class changes.
  static unsigned version_of(const PyTypeObject* type) {
#if PY_VERSION_HEX < 0x030A0000
    if ((type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG) == 0)
      return kUnknown;
#endif
    return type->tp_version_tag;
  }
  void look_through(PyTypeObject* type);

  const PyTypeObject* type_ = nullptr;  ///< only compared
  unsigned version_ = kUnknown;
  unsigned in_class_ = 0;
  unsigned in_loop_ = 0;
};

/// False if setting failed, with an exception set. LoopBase's way to set attributes.
int set_loop_attribute(PyObject* loop, PyObject* name, PyObject* value);

}  // namespace loopscope::bindings
