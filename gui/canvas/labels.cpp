#include "gui/canvas/labels.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace loopscope::gui {

namespace {

constexpr std::string_view kEllipsis = "…";

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// The offsets at which characters begin, and the end of the text.
std::vector<std::size_t> starts_of(std::string_view text) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!continues(text[i]))
      starts.push_back(i);
  }
  starts.push_back(text.size());
  return starts;
}

/// The widest `made(kept)` that fits. `made` gets wider with the number of characters that it keeps.
template <typename Made>
std::string widest(std::size_t characters, float most, const Measure& measure, const Made& made) {
  std::size_t low = 0;
  std::size_t high = characters;
  while (low < high) {
    const std::size_t middle = (low + high + 1) / 2;
    if (measure(made(middle)) <= most) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low == 0 ? std::string() : made(low);
}

using Cutter = std::string (*)(std::string_view, float, const Measure&);

std::vector<std::string> cut_all(const std::vector<std::string>& names, const std::vector<std::string>& tails,
                                 float most, const Measure& measure, Cutter cut) {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < names.size(); ++i)
    labels.push_back(cut(names[i], most - (tails[i].empty() ? 0 : measure(tails[i])), measure) + tails[i]);
  return labels;
}

std::size_t different(const std::vector<std::string>& labels) {
  return std::set<std::string>(labels.begin(), labels.end()).size();
}

}  // namespace

std::string cut_end(std::string_view text, float most, const Measure& measure) {
  if (measure(text) <= most)
    return std::string(text);
  const auto starts = starts_of(text);
  return widest(starts.size() - 1, most, measure,
                [&](std::size_t kept) { return std::string(text.substr(0, starts[kept])).append(kEllipsis); });
}

std::string cut_front(std::string_view text, float most, const Measure& measure) {
  if (measure(text) <= most)
    return std::string(text);
  const auto starts = starts_of(text);
  return widest(starts.size() - 1, most, measure, [&](std::size_t kept) {
    return std::string(kEllipsis).append(text.substr(starts[starts.size() - 1 - kept]));
  });
}

std::string cut_middle(std::string_view text, float most, const Measure& measure) {
  if (measure(text) <= most)
    return std::string(text);
  const auto starts = starts_of(text);
  return widest(starts.size() - 1, most, measure, [&](std::size_t kept) {
    const std::size_t front = (kept + 1) / 2;
    return std::string(text.substr(0, starts[front]))
        .append(kEllipsis)
        .append(text.substr(starts[starts.size() - 1 - (kept - front)]));
  });
}

namespace {

/// The end of the word that begins at `at`. A number and its unit are one word: "63.6 ms".
std::size_t end_of_word(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.find(' ', at), text.size());
  const bool number = end > at && text[end - 1] >= '0' && text[end - 1] <= '9';
  const std::size_t next = std::min(text.find(' ', end + 1), text.size());
  const bool unit = end < text.size() && next - end - 1 <= 4 && (text[end + 1] < '0' || text[end + 1] > '9');
  return number && unit ? next : end;
}

}  // namespace

std::vector<std::string> wrap(std::string_view text, float most, std::size_t lines, const Measure& measure) {
  std::vector<std::string> wrapped;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = end_of_word(text, at);
    const std::string word = cut_front(text.substr(at, end - at), most, measure);
    at = end + 1;
    if (word.empty())
      continue;
    const bool room = !wrapped.empty() && measure(wrapped.back() + " " + word) <= most;
    if (wrapped.empty() || (!room && wrapped.size() < lines))
      wrapped.push_back(word);
    else
      wrapped.back() += " " + word;
  }
  return wrapped;
}

std::vector<std::string> cut_apart(const std::vector<std::string>& names,
                                   const std::vector<std::uint64_t>& numbers, float most, const Measure& measure) {
  std::map<std::string, std::size_t> rows;
  for (const std::string& name : names) ++rows[name];
  std::vector<std::string> tails(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (rows[names[i]] > 1 && i < numbers.size() && numbers[i] != 0)
      tails[i] = " #" + std::to_string(numbers[i]);
  }
  std::vector<std::string> best;
  for (const Cutter cut : {cut_front, cut_middle, cut_end}) {
    std::vector<std::string> labels = cut_all(names, tails, most, measure, cut);
    if (best.empty() || different(labels) > different(best))
      best = std::move(labels);
  }
  return best;
}

std::vector<float> spread(std::vector<float> middles, float height, float low, float high) {
  // Intervals that would overlap form a group. The group stands at the mean of the places that its members want.
  struct Group {
    float
        wish;  ///< sum over all members of where the group's first interval would be if that member had its place
    std::size_t members;
    [[nodiscard]] float first() const { return wish / static_cast<float>(members); }
  };
  std::vector<Group> groups;
  for (const float middle : middles) {
    groups.push_back({middle, 1});
    while (groups.size() > 1) {
      const Group last = groups.back();
      Group& before = groups[groups.size() - 2];
      const float length = static_cast<float>(before.members) * height;
      if (before.first() + length <= last.first())
        break;
      before.wish += last.wish - static_cast<float>(last.members) * length;
      before.members += last.members;
      groups.pop_back();
    }
  }
  std::size_t i = 0;
  float least = low + height / 2;
  for (const Group& group : groups) {
    const float first = std::max(group.first(), least);
    for (std::size_t member = 0; member < group.members; ++member)
      middles[i++] = first + static_cast<float>(member) * height;
    least = middles[i - 1] + height;
  }
  float most = high - height / 2;
  for (auto middle = middles.rbegin(); middle != middles.rend(); ++middle) {
    *middle = std::min(*middle, most);
    most = *middle - height;
  }
  return middles;
}

}  // namespace loopscope::gui
