/// loopscope._native: registers the native types, and nothing else.

#include <pybind11/pybind11.h>
#include <uv.h>

#include "bindings/datagram_transport.h"
#include "bindings/handle.h"
#include "bindings/loop_object.h"
#include "bindings/runtime.h"
#include "bindings/sock_call.h"
#include "bindings/stream_transport.h"
#include "bindings/tls_protocol.h"

namespace {

/// The types and interned names are the process's: a second interpreter would share objects it must not.
void refuse_subinterpreters() {
  if (PyInterpreterState_Get() != PyInterpreterState_Main())
    throw pybind11::import_error(
        "loopscope runs in the main interpreter only: import it there, or use asyncio's own loop in "
        "sub-interpreters");
}

}  // namespace

PYBIND11_MODULE(_native, module) {
  refuse_subinterpreters();
  module.doc() = "The native parts of loopscope: the loop, its handles, its transports.";
  using namespace loopscope::bindings;
  if (!load_runtime() || !add_handle_types(module.ptr()) || !add_loop_type(module.ptr()) ||
      !add_stream_transport_type(module.ptr()) || !add_sock_call_type(module.ptr()) ||
      !add_sock_method_type(module.ptr()) || !add_datagram_transport_type(module.ptr()) ||
      !add_tls_types(module.ptr()))
    throw pybind11::error_already_set();
  module.attr("libuv_version") = uv_version_string();
}
