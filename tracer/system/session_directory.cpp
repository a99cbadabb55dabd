#include "tracer/system/session_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "tracer/system/shared_memory.h"

namespace loopscope::tracer {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Without a slash at its end, behind which a link would be followed.
std::string absolute(const std::string& path) {
  std::error_code failure;
  auto made = std::filesystem::absolute(path, failure).string();
  if (failure)
    made = path;
  while (made.size() > 1 && (made.ends_with("/") || made.ends_with("/."))) made.pop_back();
  return made;
}

std::string in_shared_memory() {
  return "/dev/shm/loopscope-" + std::to_string(geteuid());
}

/// Where sessions are made, in the order of preference.
std::vector<std::string> candidates() {
  if (const auto own = environment("LOOPSCOPE_DIR"); !own.empty())
    return {absolute(own)};
  std::vector<std::string> paths;
  const auto runtime = environment("XDG_RUNTIME_DIR");
  if (!runtime.empty() && is_in_memory(runtime))
    paths.push_back(runtime + "/loopscope");
  paths.push_back(in_shared_memory());
  return paths;
}

/// A sentence if sessions in `path` could be read, replaced or removed by somebody else; empty if it is safe.
std::string distrust(const std::string& path, const struct stat& status) {
  const auto says = "the session directory " + path;
  const std::string advice = "; remove it, or set LOOPSCOPE_DIR to a directory of your own";
  if (S_ISLNK(status.st_mode))
    return says + " is a symbolic link, which is not followed" + advice;
  if (!S_ISDIR(status.st_mode))
    return says + " is not a directory" + advice;
  if (status.st_uid != geteuid())
    return says + " belongs to user " + std::to_string(status.st_uid) + ", not to you (user " +
           std::to_string(geteuid()) + "); set LOOPSCOPE_DIR to a directory of your own";
  if ((status.st_mode & 022U) != 0)
    return says + " may be written by others; make it yours with: chmod 700 " + path;
  return "";
}

bool make_directory(const std::string& path, std::string& error) {
  if (!environment("LOOPSCOPE_DIR").empty()) {
    std::error_code ignored;  // mkdir below says what is wrong
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  }
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST)
    return true;
  error = "cannot make the session directory " + path + ": " + std::strerror(errno) +
          "; set LOOPSCOPE_DIR to a directory that you can write to";
  return false;
}

bool usable(const std::string& path, bool create, std::string& error) {
  struct stat status {};
  bool exists = lstat(path.c_str(), &status) == 0;
  if (!exists && create) {
    if (!make_directory(path, error))
      return false;
    exists = lstat(path.c_str(), &status) == 0;
  }
  if (!exists) {
    error = "there is no session directory " + path + ": no program has run on loopscope here";
    return false;
  }
  error = distrust(path, status);
  return error.empty();
}

template <typename Number>
bool parse_number(const char*& at, const char* end, Number& number) {
  const auto [next, failure] = std::from_chars(at, end, number);
  const bool parsed = failure == std::errc() && next != at;
  at = next;
  return parsed;
}

}  // namespace

std::string session_directory(bool create, std::string& error) {
  error.clear();
  std::string first_error;
  for (const auto& path : candidates()) {
    if (usable(path, create, error)) {
      error.clear();
      return path;
    }
    if (first_error.empty())
      first_error = error;
  }
  error = first_error;
  return "";
}

std::vector<std::string> session_directories(std::string& error) {
  error.clear();
  auto paths = candidates();
  if (environment("LOOPSCOPE_DIR").empty()) {
    // A service and a desktop session of one user differ in XDG_RUNTIME_DIR and still want to meet.
    const auto systemd = "/run/user/" + std::to_string(geteuid()) + "/loopscope";
    if (std::find(paths.begin(), paths.end(), systemd) == paths.end())
      paths.push_back(systemd);
  }
  std::vector<std::string> found;
  for (const auto& path : paths) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0)
      continue;
    if (auto sentence = distrust(path, status); sentence.empty())
      found.push_back(path);
    else
      error = std::move(sentence);
  }
  return found;
}

std::string session_file_name(const SessionFileName& name) {
  return std::to_string(name.pid) + "." + std::to_string(name.loop_number) + "." +
         std::to_string(name.process_start_ticks);
}

std::optional<SessionFileName> parse_session_file_name(const std::string& text) {
  SessionFileName name;
  const char* at = text.data();
  const char* end = at + text.size();
  const auto dot = [&] { return at != end && *at++ == '.'; };
  if (!parse_number(at, end, name.pid) || !dot() || !parse_number(at, end, name.loop_number) || !dot() ||
      !parse_number(at, end, name.process_start_ticks) || at != end)
    return std::nullopt;
  return name;
}

}  // namespace loopscope::tracer
