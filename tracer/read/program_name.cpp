#include "tracer/read/program_name.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace loopscope::tracer {

namespace {

constexpr std::string_view kMain = "/__main__.py";

std::vector<std::string> words_of(const std::string& command_line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < command_line.size()) {
    const std::size_t end = std::min(command_line.find(' ', at), command_line.size());
    if (end > at)
      words.push_back(command_line.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

/// "uvicorn" for "/usr/lib/python3/uvicorn/__main__.py".
std::string module_of(const std::string& word) {
  std::string folder = word.substr(0, word.size() - kMain.size());
  return folder.substr(folder.rfind('/') + 1);
}

bool is_main(const std::string& word) {
  return word.size() > kMain.size() && word.ends_with(kMain);
}

/// The word of the command line that names the program, and that name.
struct Named {
  std::size_t word;
  std::string name;
  bool module;
};

Named find_name(const std::vector<std::string>& words) {
  Named other{words.size(), "", false};
  bool module_next = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string base = word.substr(word.rfind('/') + 1);
    if (is_main(word) && module_of(word) != "loopscope")
      return {i, module_of(word), true};
    if (base.size() > 3 && base.ends_with(".py") && !is_main(word))
      return {i, base, false};
    if (other.name.empty() && (word == "-X" || word == "-W")) {
      ++i;
      continue;
    }
    if (other.name.empty() && (word == "-c" || word == "-"))
      return {i, "python3 " + word, false};
    const bool wrapper =
        word[0] == '-' || base.starts_with("python") || word == "loopscope" || word == "run" || is_main(word);
    if (module_next && !wrapper)
      return {i, base, true};
    module_next = (module_next && word != "loopscope") || word == "-m";
    if (other.name.empty() && !wrapper)
      other = {i, base, false};
  }
  return other;
}

}  // namespace

std::string program_title(const std::string& command_line) {
  const std::vector<std::string> words = words_of(command_line);
  const Named named = find_name(words);
  if (named.name.empty())
    return command_line.empty() ? "unnamed program" : command_line;
  // The first argument of a module is part of its usual name: "uvicorn shop:app".
  const std::size_t next = named.word + 1;
  if (named.module && next < words.size() && words[next][0] != '-' && words[next].size() <= 40)
    return named.name + " " + words[next];
  return named.name;
}

std::string program_line(const std::string& command_line) {
  const std::vector<std::string> words = words_of(command_line);
  Named named = find_name(words);
  if (named.name.empty())
    return program_title(command_line);
  std::string text = std::move(named.name);
  for (std::size_t i = named.word + 1; i < words.size(); ++i) text.append(" ").append(words[i]);
  return text;
}

std::string program_arguments(const std::string& command_line) {
  const Named named = find_name(words_of(command_line));
  if (named.name.empty())
    return command_line;
  return (named.module ? "-m " : "") + program_line(command_line);
}

}  // namespace loopscope::tracer
