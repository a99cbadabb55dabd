#pragma once
/// Tells when Python objects are gone. It keeps weak references to them and owns none.
///
/// It is for tables that know objects by their address: as soon as an object is gone, another one may have the address.
/// Thread: the GIL; an object may go in any thread. Owner: of the weak references. Errors: an object that cannot be watched.

#include <Python.h>

#include <cstddef>
#include <functional>
#include <unordered_map>

#include "bindings/kit/py_ref.h"

namespace loopscope::bindings {

class DeathWatch {
 public:
  using Gone = std::function<void(const void* key)>;
  /// `gone` is called once the object of a key is gone, before its address can be given away. It may not call Python.
  explicit DeathWatch(Gone gone) : gone_(std::move(gone)) {}
  ~DeathWatch() { clear(); }
  DeathWatch(const DeathWatch&) = delete;
  DeathWatch& operator=(const DeathWatch&) = delete;

  /// A key that is watched already stays with its object. False if the object cannot be watched.
  bool watch(PyObject* object, const void* key);
  void forget(const void* key);
  void clear();
  [[nodiscard]] std::size_t size() const { return watched_.size(); }

  /// The object of `key` is gone.
  void died(const void* key);

 private:
  Gone gone_;
  std::unordered_map<const void*, PyRef> watched_;
};

/// Makes the type of the weak references. False with an exception set.
bool load_death_watch();

}  // namespace loopscope::bindings
