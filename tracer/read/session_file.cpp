#include "tracer/read/session_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "tracer/system/session_directory.h"
#include "tracer/system/session_life.h"
#include "tracer/system/shared_memory.h"

namespace loopscope::tracer {
namespace {

OpenProblem explain_open(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR)
    return {OpenError::no_such_session,
            "there is no session " + path +
                " (a program that closes its loop leaves none); see what there is with: python3 -m loopscope ls"};
  if (error == ELOOP)
    return {OpenError::not_a_session, path + " is a symbolic link, which is not followed; name the file itself"};
  if (error == EACCES || error == EPERM)
    return {OpenError::not_yours,
            path + " is not yours to read: only the user who runs a program may look into it"};
  return {OpenError::unreadable, "cannot open " + path + ": " + std::strerror(error)};
}

OpenProblem check_file(const std::string& path, const OpenFile::Facts& facts) {
  if (facts.directory)
    return {OpenError::not_a_session, path + " is a directory; name a session in it, or a pid"};
  if (!facts.regular)
    return {OpenError::not_a_session, path + " is not a regular file, so it is no session"};
  if (!facts.owned)
    return {OpenError::not_yours,
            path + " belongs to another user: only the user who runs a program may look into it"};
  return {};
}

/// Writable if it may be, for a lease; a copy in a read-only place can be read all the same.
OpenFile open_file(const std::string& path, int& error) {
  OpenFile file(path, true, error);
  if (error == EACCES || error == EROFS || error == EPERM || error == ETXTBSY || error == EISDIR)
    file = OpenFile(path, false, error);
  return file;
}

/// Is the file where programs put their sessions? Then it is no copy of one, even if that is no tmpfs.
bool in_session_directory(const std::string& path) {
  std::string error;
  const auto directory = session_directory(false, error);
  return !directory.empty() && path.compare(0, directory.size() + 1, directory + "/") == 0;
}

OpenProblem copy_whole(const std::string& path, const OpenFile& file, SessionFile& into) {
  const auto size_bytes = into.header.size_bytes;
  int error = 0;
  auto memory = SharedMemory::anonymous(size_bytes, error);
  if (error != 0)
    return {OpenError::unreadable, "no memory to read " + path + ": " + std::strerror(error)};
  const auto read = file.read_data(memory.data(), size_bytes, error);
  if (error != 0)
    return {OpenError::unreadable, "cannot read " + path + ": " + std::strerror(error)};
  const auto now = file.facts(error);
  if (read < size_bytes || now.size_bytes < size_bytes)
    return {OpenError::truncated,
            path + " was cut short while it was read: " + std::to_string(std::min(read, now.size_bytes)) + " of " +
                std::to_string(size_bytes) + " bytes; open it again"};
  into.bytes = SessionBytes::copied(std::move(memory));
  return {};
}

/// Follows the file of a living program, copies any other.
OpenProblem load(const std::string& path, OpenFile file, const OpenFile::Facts& facts, SessionFile& into) {
  SessionHeader& header = into.header;
  int error = 0;
  const auto copied = file.read(&header, 0, sizeof(header), error);
  if (error != 0)
    return {OpenError::unreadable, "cannot read " + path + ": " + std::strerror(error)};
  if (auto problem = check_header(header, copied, facts.size_bytes, path); problem.error != OpenError::none)
    return problem;
  const bool the_original = header.locked != 0 || facts.in_memory || in_session_directory(path);
  if (!the_original || !session_lives(file, header))
    return copy_whole(path, file, into);
  into.bytes = SessionBytes::of_living(std::move(file));
  return {};
}

}  // namespace

OpenProblem open_session_file(const std::string& path, SessionFile& into) {
  int error = 0;
  auto file = open_file(path, error);
  if (error != 0)
    return explain_open(path, error);
  const auto facts = file.facts(error);
  if (error != 0)
    return explain_open(path, error);
  if (auto problem = check_file(path, facts); problem.error != OpenError::none)
    return problem;
  return load(path, std::move(file), facts, into);
}

}  // namespace loopscope::tracer
