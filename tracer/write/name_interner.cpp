#include "tracer/write/name_interner.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <functional>

namespace loopscope::tracer {
namespace {

constexpr std::size_t kFirstPlaces = 1U << 6U;
/// In place of an id: the function is known to have found no room, and was counted. As an id it is kNoName.
constexpr std::uint64_t kNoRoom = std::uint64_t{1} << 32U;
constexpr std::size_t kMostEntryBytes = sizeof(NameEntry) + kMaxNameBytes + kMaxFileBytes;

std::uint64_t hash_of(std::string_view name, std::string_view file, std::uint32_t line) {
  const std::hash<std::string_view> hash;
  const auto hashed = (hash(name) * 31 + hash(file)) * 31 + line;
  return hashed == 0 ? 1 : hashed;
}

std::uint64_t entry_bytes(std::string_view name, std::string_view file) {
  return (sizeof(NameEntry) + name.size() + file.size() + 7U) & ~std::uint64_t{7};
}

}  // namespace

std::string_view cut_utf8(std::string_view text, std::size_t limit_bytes) {
  if (text.size() <= limit_bytes)
    return text;
  auto end = limit_bytes;
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; };
  while (end > 0 && continues(end)) --end;
  return text.substr(0, end);
}

NameInterner::NameInterner(const PartMemory& table, Counters* counters)
    : table_(table),
      layout_(table.size_bytes()),
      counters_(counters),
      first_recycled_(static_cast<NameId>(layout_.kept_bytes() / 8)),
      by_key_(kFirstPlaces),
      by_text_(kFirstPlaces) {}

NameId NameInterner::intern(const void* key, std::string_view name, std::string_view file, std::uint32_t line) {
  if (!by_key_.exists() || key == nullptr)
    return kNoName;
  const auto word = reinterpret_cast<std::uintptr_t>(key);
  if (const auto known = by_key_.find(word); known != 0)
    return static_cast<NameId>(known);

  const Text text{cut_utf8(name, kMaxNameBytes), cut_utf8(file, kMaxFileBytes), line};
  const auto hash = hash_of(text.name, text.file, line);
  auto id = find_text(hash, text);
  if (id == kNoName) {
    id = append(text);
    if (id != kNoName)
      by_text_.put(hash, id);
  }
  if (id == kNoName) {
    std::atomic_ref lost(counters_->names_lost);
    lost.store(lost.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  by_key_.put(word, id == kNoName ? kNoRoom : id);
  return id;
}

NameId NameInterner::find_text(std::uint64_t hash, const Text& text) const {
  const auto id = static_cast<NameId>(by_text_.find(hash));
  if (id == kNoName)
    return kNoName;
  const char* at = table_.items<char>() + layout_.place_of(std::uint64_t{id} * 8);
  NameEntry entry{};
  std::memcpy(&entry, at, sizeof(entry));
  at += sizeof(entry);
  const bool same = entry.line == text.line && std::string_view(at, entry.name_bytes) == text.name &&
                    std::string_view(at + entry.name_bytes, entry.file_bytes) == text.file;
  return same ? id : kNoName;
}

NameId NameInterner::append(const Text& text) {
  std::atomic_ref used(counters_->names_used_bytes);
  const auto size = entry_bytes(text.name, text.file);
  auto offset = used.load(std::memory_order_relaxed);
  if (const auto end = layout_.end_of_part(offset); offset + size > end)
    offset = end;
  if (!layout_.has(offset) || offset / 8 > UINT32_MAX || !table_.reach(layout_.place_of(offset) + size))
    return kNoName;
  if (layout_.begins_segment(offset))
    begin_segment(offset);
  write(offset, text);
  used.store(offset + size, std::memory_order_release);
  return static_cast<NameId>(offset / 8);
}

void NameInterner::begin_segment(std::uint64_t offset) {
  const auto gone = layout_.gone_before(offset);
  if (gone == 0)
    return;
  std::atomic_ref(counters_->names_gone_bytes).store(gone, std::memory_order_relaxed);
  // A reader that sees any of the new words must also see that the old names are gone.
  std::atomic_thread_fence(std::memory_order_release);
  first_left_ = static_cast<NameId>(gone / 8);
  const auto held = [this](std::uint64_t id) { return holds(static_cast<NameId>(id)); };
  by_key_.keep_if(held);
  by_text_.keep_if(held);
}

void NameInterner::write(std::uint64_t offset, const Text& text) {
  const NameEntry entry{text.line, static_cast<std::uint16_t>(text.name.size()),
                        static_cast<std::uint16_t>(text.file.size())};
  alignas(8) std::array<char, kMostEntryBytes> bytes{};
  char* to = bytes.data();
  std::memcpy(to, &entry, sizeof(entry));
  std::copy(text.name.begin(), text.name.end(), to + sizeof(entry));
  std::copy(text.file.begin(), text.file.end(), to + sizeof(entry) + text.name.size());
  auto* words = reinterpret_cast<std::uint64_t*>(table_.items<char>() + layout_.place_of(offset));
  for (std::uint64_t at = 0; at < entry_bytes(text.name, text.file); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, to + at, sizeof(word));
    std::atomic_ref(*words++).store(word, std::memory_order_relaxed);
  }
}

}  // namespace loopscope::tracer
