#include "bindings/eventloop/literal_lookup.h"

#include <netdb.h>
#include <sys/socket.h>

#include <climits>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/socket_address.h"
#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {

namespace {

struct Freed {
  void operator()(addrinfo* first) const { freeaddrinfo(first); }
};
using Addresses = std::unique_ptr<addrinfo, Freed>;

/// The others need to know the machine's addresses, or a conversion of names.
constexpr int kPlainFlags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV | AI_CANONNAME | AI_V4MAPPED | AI_ALL;

/// A host or port in the C library's form; null if it is not plain ASCII, or longer than a literal is. So the socket
/// module, which encodes hosts as IDNA, takes it as it stands.
const char* plain_text(PyObject* object) {
  constexpr Py_ssize_t kMost = 63;  // of one of IDNA's labels, too
  Py_ssize_t size = 0;
  const char* text = nullptr;
  if (PyBytes_CheckExact(object)) {
    text = PyBytes_AS_STRING(object);
    size = PyBytes_GET_SIZE(object);
  } else if (PyUnicode_CheckExact(object) && PyUnicode_IS_ASCII(object)) {
    text = PyUnicode_AsUTF8AndSize(object, &size);
  }
  return text != nullptr && size <= kMost && std::strlen(text) == static_cast<std::size_t>(size) ? text : nullptr;
}

/// An int, also of a class derived from it as the socket module's enums are.
std::optional<int> whole_number(PyObject* object) {
  if (!PyLong_Check(object))
    return std::nullopt;
  int overflow = 0;
  const long value = PyLong_AsLongAndOverflow(object, &overflow);
  if (overflow != 0 || value < INT_MIN || value > INT_MAX)
    return std::nullopt;
  return static_cast<int>(value);
}

/// A port as the C library reads it.
class Service {
 public:
  explicit Service(PyObject* port) {
    if (port == Py_None) {
      known_ = true;
    } else if (PyLong_CheckExact(port)) {
      const std::optional<int> number = whole_number(port);
      known_ = number.has_value();
      if (number)
        std::snprintf(digits_, sizeof digits_, "%d", *number);
      text_ = digits_;
    } else {
      text_ = plain_text(port);
      known_ = text_ != nullptr;
    }
  }
  [[nodiscard]] bool known() const { return known_; }
  [[nodiscard]] const char* text() const { return text_; }

 private:
  char digits_[12] = "";
  const char* text_ = nullptr;
  bool known_ = false;
};

struct Question {
  const char* host;
  addrinfo hints;
};

std::optional<Question> question_of(PyObject* const* args) {
  const auto family = whole_number(args[2]), type = whole_number(args[3]), proto = whole_number(args[4]),
             flags = whole_number(args[5]);
  Question question{plain_text(args[0]), {}};
  if (question.host == nullptr || !family || !type || !proto || !flags || (*flags & ~kPlainFlags) != 0)
    return std::nullopt;
  question.hints.ai_flags = *flags | AI_NUMERICHOST | AI_NUMERICSERV;
  question.hints.ai_family = *family;
  question.hints.ai_socktype = *type;
  question.hints.ai_protocol = *proto;
  return question;
}

/// The socket module's enum member, borrowed; null if it is not one of the usual ones.
PyObject* family_object(int family) {
  return family == AF_INET ? runtime().af_inet : family == AF_INET6 ? runtime().af_inet6 : nullptr;
}
PyObject* type_object(int type) {
  switch (type) {
    case SOCK_STREAM:
      return runtime().sock_stream;
    case SOCK_DGRAM:
      return runtime().sock_dgram;
    case SOCK_RAW:
      return runtime().sock_raw;
    default:
      return nullptr;
  }
}

PyObject* python_form(const addrinfo& info) {
  SocketAddress address{};
  std::memcpy(&address.storage, info.ai_addr, info.ai_addrlen);
  address.size = info.ai_addrlen;
  const PyRef sockaddr = PyRef::steal(python_address(address));
  if (!sockaddr)
    return nullptr;
  const char* name = info.ai_canonname != nullptr ? info.ai_canonname : "";
  return Py_BuildValue("(OOisO)", family_object(info.ai_family), type_object(info.ai_socktype), info.ai_protocol,
                       name, sockaddr.get());
}

bool all_usual(const addrinfo* info) {
  for (; info != nullptr; info = info->ai_next) {
    if (family_object(info->ai_family) == nullptr || type_object(info->ai_socktype) == nullptr)
      return false;
  }
  return true;
}

PyObject* python_list(const addrinfo* info) {
  PyRef list = PyRef::steal(PyList_New(0));
  for (; list && info != nullptr; info = info->ai_next) {
    const PyRef each = PyRef::steal(python_form(*info));
    if (!each || PyList_Append(list.get(), each.get()) != 0)
      return nullptr;
  }
  return list.release();
}

}  // namespace

PyObject* literal_addresses(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 6)
    return PyErr_Format(PyExc_TypeError, "literal_addresses() takes 6 arguments, not %zd", count);
  const std::optional<Question> question = question_of(args);
  const Service service(args[1]);
  if (!question || !service.known())
    Py_RETURN_NONE;
  addrinfo* found = nullptr;
  if (getaddrinfo(question->host, service.text(), &question->hints, &found) != 0)
    Py_RETURN_NONE;
  const Addresses owned(found);
  if (!all_usual(found))
    Py_RETURN_NONE;
  if (PySys_Audit("socket.getaddrinfo", "OOiii", args[0], args[1], question->hints.ai_family,
                  question->hints.ai_socktype, question->hints.ai_protocol) != 0)
    return nullptr;
  return python_list(found);
}

}  // namespace loopscope::bindings
