#include "tracer/read/session_list.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <tuple>
#include <utility>

#include "tracer/read/printable.h"
#include "tracer/read/session_header.h"
#include "tracer/system/session_directory.h"
#include "tracer/system/session_life.h"
#include "tracer/system/shared_memory.h"

namespace loopscope::tracer {
namespace {

constexpr const char* kSeeList = "; see what there is with: python3 -m loopscope ls";

/// Fills in what the header says. Reads that alone: a list must not copy every dead session.
void describe(SessionEntry& entry, const SessionFileName& name) {
  int error = 0;
  const OpenFile file(entry.path, false, error);
  OpenFile::Facts facts;
  if (error == 0)
    facts = file.facts(error);
  // What cannot be looked at is not called dead: nothing removes it.
  entry.alive = error != 0 || (facts.regular && session_lives(file, name));
  SessionHeader header{};
  std::uint64_t copied = 0;
  if (error == 0 && facts.regular)
    copied = file.read(&header, 0, sizeof(header), error);
  if (error != 0) {
    entry.problem = "cannot read " + printable(entry.path) + ": " + std::strerror(error);
    return;
  }
  if (const auto problem = check_header(header, copied, facts.size_bytes, entry.path); !problem.message.empty()) {
    entry.problem = printable(problem.message);
    return;
  }
  entry.readable = true;
  entry.program = header.program;
  entry.python_version = header.python_version;
  entry.libuv_version = header.libuv_version;
  entry.created_realtime_ns = header.created_realtime_ns;
  Level level{};
  if (file.read(&level, header.present_offset + offsetof(Present, level), sizeof(level), error) == sizeof(level))
    entry.level = static_cast<int>(level);
}

bool comes_first(const SessionEntry& left, const SessionEntry& right) {
  return std::tuple(left.alive, left.created_realtime_ns, left.pid, left.loop_number) >
         std::tuple(right.alive, right.created_realtime_ns, right.pid, right.loop_number);
}

std::string several(const std::vector<SessionEntry>& entries, const std::string& why) {
  std::string sentence = why + "; name one of:";
  for (const auto& entry : entries) sentence += "\n  " + entry.id + "  " + printable(entry.program);
  return sentence;
}

std::vector<SessionEntry> living(std::vector<SessionEntry> entries) {
  std::erase_if(entries, [](const SessionEntry& entry) { return !entry.alive; });
  return entries;
}

/// Of several with one name the only living one is meant; else the newest, which comes first.
std::string choose(const std::vector<SessionEntry>& entries, const std::string& why, std::string& error) {
  const auto alive = living(entries);
  if (alive.size() > 1) {
    error = several(alive, why);
    return "";
  }
  return alive.empty() ? entries.front().path : alive.front().path;
}

bool is_named(const SessionEntry& entry, const std::string& wanted) {
  return entry.id == wanted || std::to_string(entry.pid) == wanted;
}

}  // namespace

std::vector<SessionEntry> list_sessions(std::string& error) {
  std::vector<SessionEntry> entries;
  for (const auto& directory : session_directories(error)) {
    int failure = 0;
    for (const auto& text : list_directory(directory, failure)) {
      const auto name = parse_session_file_name(text);
      if (!name)
        continue;
      SessionEntry entry;
      entry.path = directory + "/" + text;
      entry.pid = name->pid;
      entry.loop_number = name->loop_number;
      entry.id = std::to_string(name->pid) + "." + std::to_string(name->loop_number);
      describe(entry, *name);
      entries.push_back(std::move(entry));
    }
    if (failure != 0)
      error = "cannot list " + directory + ": " + std::strerror(failure);
  }
  error = printable(error);
  std::sort(entries.begin(), entries.end(), comes_first);
  return entries;
}

std::string find_session(const std::string& wanted, std::string& error) {
  error.clear();
  if (wanted.find('/') != std::string::npos)
    return wanted;
  std::string trouble;
  auto entries = list_sessions(trouble);
  if (wanted.empty()) {
    if (!entries.empty())
      return choose(entries, "several programs run on loopscope now", error);
    error = trouble.empty() ? "there is no session: no program has run on loopscope here" : trouble;
    return "";
  }
  std::erase_if(entries, [&](const SessionEntry& entry) { return !is_named(entry, wanted); });
  if (!entries.empty())
    return choose(entries, "process " + wanted + " has several loops", error);
  const bool is_number = std::all_of(wanted.begin(), wanted.end(), [](char c) { return c >= '0' && c <= '9'; });
  error = is_number ? "process " + wanted + " has no session: it does not run, or not on loopscope" + kSeeList
                    : "there is no session " + printable(wanted) + kSeeList;
  if (!trouble.empty())
    error += " (" + trouble + ")";
  return "";
}

int clean_dead_sessions(std::string& error) {
  int cleaned = 0;
  for (const auto& entry : list_sessions(error)) {
    int unreadable = 0;
    if (entry.alive || !is_a_session(OpenFile(entry.path, false, unreadable)))
      continue;
    if (const int failure = remove_file(entry.path); failure == 0)
      ++cleaned;
    else
      error = "cannot remove " + printable(entry.path) + ": " + std::strerror(failure);
  }
  return cleaned;
}

}  // namespace loopscope::tracer
