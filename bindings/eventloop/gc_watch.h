#pragma once
/// Tells the traces of all loops when Python's garbage collector runs, by gc.callbacks. Whatever thread it runs in has the GIL, so
/// every loop of the process has to wait for it.
///
/// Thread: the GIL. Owner: of nothing; a loop is forgotten before it goes. Errors: none; where gc.callbacks cannot be had, collections
/// are not recorded.

namespace loopscope::bindings {

struct LoopObject;

/// From now on. Once for each loop.
void record_collections(LoopObject* loop);
/// Not any more. Nothing if it was not told of them.
void ignore_collections(LoopObject* loop);

}  // namespace loopscope::bindings
