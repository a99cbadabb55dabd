#include "bindings/kit/feed.h"

namespace loopscope::bindings {

namespace {

const Feed* registered = nullptr;

}  // namespace

void register_feed(const Feed& feed) {
  registered = &feed;
}

const Feed* feed_of(PyObject* protocol) {
  return registered != nullptr && registered->may_take(protocol) ? registered : nullptr;
}

}  // namespace loopscope::bindings
