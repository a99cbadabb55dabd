#include "bindings/datagram/address_cache.h"

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace loopscope::bindings {

namespace {

std::size_t slot_of(const SocketAddress& address) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(&address.storage);
  std::uint32_t hash = address.size;
  for (socklen_t i = 0; i + sizeof hash <= address.size; i += sizeof hash) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes + i, sizeof word);
    hash = (hash ^ word) * 0x9E3779B1U;
  }
  return hash >> 16U;
}

}  // namespace

PyObject* AddressCache::find(const SocketAddress& address) {
  if (address.size > sizeof(sockaddr_in6))
    return python_address(address);
  Entry& entry = entries_[slot_of(address) % entries_.size()];
  if (!entry.object || entry.address.size != address.size ||
      std::memcmp(&entry.address.storage, &address.storage, address.size) != 0) {
    entry.object = PyRef::steal(python_address(address));
    entry.address = address;
  }
  Py_XINCREF(entry.object.get());
  return entry.object.get();
}

const SocketAddress* AddressCache::origin(PyObject* tuple) const {
  if (!PyTuple_CheckExact(tuple))
    return nullptr;
  for (const Entry& entry : entries_) {
    if (entry.object.get() == tuple)
      return &entry.address;
  }
  return nullptr;
}

int AddressCache::traverse(visitproc visit, void* arg) const {
  for (const Entry& entry : entries_) Py_VISIT(entry.object.get());
  return 0;
}

}  // namespace loopscope::bindings
