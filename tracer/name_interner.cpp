#include "tracer/name_interner.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

namespace loopscope::tracer {
namespace {

constexpr std::size_t kFirstEntries = 1U << 10U;
/// Functions that found no room are remembered too, to be counted once, but not without bound.
constexpr std::size_t kMostEntries = 1U << 18U;

}  // namespace

std::string_view cut_utf8(std::string_view text, std::size_t limit_bytes) {
  if (text.size() <= limit_bytes)
    return text;
  auto end = limit_bytes;
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; };
  while (end > 0 && continues(end)) --end;
  return text.substr(0, end);
}

NameInterner::NameInterner(char* table, std::uint64_t table_bytes, Counters* counters)
    : table_(table), table_bytes_(table_bytes), counters_(counters), entries_(kFirstEntries) {}

NameId NameInterner::intern(const void* key, std::string_view name, std::string_view file, std::uint32_t line) {
  if (entries_.empty() || key == nullptr)
    return kNoName;
  auto place = place_of(key);
  if (entries_[place].key == key)
    return entries_[place].id;

  const auto id = append(name, file, line);
  if (id == kNoName) {
    std::atomic_ref lost(counters_->names_lost);
    lost.store(lost.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  if (2 * (used_ + 1) > entries_.size()) {
    if (entries_.size() >= kMostEntries)
      return id;
    grow();
    place = place_of(key);
  }
  entries_[place] = {key, id};
  ++used_;
  return id;
}

void NameInterner::grow() {
  const auto old = std::exchange(entries_, std::vector<Entry>(entries_.size() * 2));
  for (const auto& entry : old)
    if (entry.key != nullptr)
      entries_[place_of(entry.key)] = entry;
}

NameId NameInterner::append(std::string_view name, std::string_view file, std::uint32_t line) {
  name = cut_utf8(name, kMaxNameBytes);
  file = cut_utf8(file, kMaxFileBytes);
  std::atomic_ref used(counters_->names_used_bytes);
  const auto offset = used.load(std::memory_order_relaxed);
  const auto end = offset + ((sizeof(NameEntry) + name.size() + file.size() + 7U) & ~std::uint64_t{7});
  if (end > table_bytes_)
    return kNoName;

  const NameEntry entry{line, static_cast<std::uint16_t>(name.size()), static_cast<std::uint16_t>(file.size())};
  char* to = table_ + offset;
  std::memcpy(to, &entry, sizeof(entry));
  std::copy(name.begin(), name.end(), to + sizeof(entry));
  std::copy(file.begin(), file.end(), to + sizeof(entry) + name.size());
  used.store(end, std::memory_order_release);
  return static_cast<NameId>(offset / 8);
}

}  // namespace loopscope::tracer
