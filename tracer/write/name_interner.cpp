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

std::uint64_t hash_of(const FrameLinks& links, std::uint32_t line) {
  std::uint64_t hashed = (std::uint64_t{links.caller} << 32U | links.function) ^ std::uint64_t{line} << 20U;
  hashed = (hashed ^ hashed >> 29U) * 0xBF58476D1CE4E5B9U;  // Steele and others, "Fast splittable ...", 2014
  hashed ^= hashed >> 32U;
  return hashed == 0 ? 1 : hashed;
}

std::string_view bytes_of(const FrameLinks& links) {
  return {reinterpret_cast<const char*>(&links), sizeof(links)};
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

NameInterner::NameInterner(const PartMemory& table, TrackCounts* counts)
    : table_(table),
      layout_(table.size_bytes()),
      counts_(counts),
      first_recycled_(static_cast<NameId>(layout_.kept_bytes() / 8)),
      by_key_(kFirstPlaces),
      by_text_(kFirstPlaces) {}

NameId NameInterner::intern(const void* key, std::string_view name, std::string_view file, std::uint32_t line) {
  if (!by_key_.exists() || key == nullptr)
    return kNoName;
  const auto word = reinterpret_cast<std::uintptr_t>(key);
  if (const auto known = by_key_.find(word); known != 0)
    return static_cast<NameId>(known);

  const auto id = intern({cut_utf8(name, kMaxNameBytes), cut_utf8(file, kMaxFileBytes), line});
  by_key_.put(word, id == kNoName ? kNoRoom : id);
  return id;
}

NameId NameInterner::intern_function(std::string_view name, std::string_view file, std::uint32_t line) {
  return by_text_.exists() ? intern({cut_utf8(name, kMaxNameBytes), cut_utf8(file, kMaxFileBytes), line})
                           : kNoName;
}

NameId NameInterner::intern_text(std::string_view text) {
  return by_text_.exists() && !text.empty() ? intern({cut_utf8(text, kMaxNameBytes), {}, 0}) : kNoName;
}

NameId NameInterner::intern(const Text& text) {
  const auto hash = hash_of(text.name, text.file, text.line);
  if (const auto known = find_text(hash, text); known != kNoName)
    return known;
  const NameEntry entry{text.line, static_cast<std::uint16_t>(text.name.size()),
                        static_cast<std::uint16_t>(text.file.size())};
  return append(hash, entry, text.name, text.file);
}

NameId NameInterner::intern_frame(NameId caller, NameId function, std::uint32_t line) {
  if (!by_text_.exists())
    return kNoName;
  const FrameLinks links{caller, function};
  const auto hash = hash_of(links, line);
  const auto known = static_cast<NameId>(by_text_.find(hash));
  if (known != kNoName && is_frame(known, links, line))
    return known;
  return append(hash, {line, sizeof(links), kIsFrame}, bytes_of(links), {});
}

NameId NameInterner::find_text(std::uint64_t hash, const Text& text) const {
  const auto id = static_cast<NameId>(by_text_.find(hash));
  if (id == kNoName)
    return kNoName;
  const char* at = place_of(id);
  NameEntry entry{};
  std::memcpy(&entry, at, sizeof(entry));
  at += sizeof(entry);
  const bool same = entry.line == text.line && entry.file_bytes != kIsFrame &&
                    std::string_view(at, entry.name_bytes) == text.name &&
                    std::string_view(at + entry.name_bytes, entry.file_bytes) == text.file;
  return same ? id : kNoName;
}

bool NameInterner::is_frame(NameId id, const FrameLinks& links, std::uint32_t line) const {
  NameEntry entry{};
  std::memcpy(&entry, place_of(id), sizeof(entry));
  return entry.line == line && entry.file_bytes == kIsFrame &&
         std::memcmp(place_of(id) + sizeof(entry), &links, sizeof(links)) == 0;
}

NameId NameInterner::append(std::uint64_t hash, const NameEntry& entry, std::string_view first,
                            std::string_view second) {
  std::atomic_ref used(counts_->names_used_bytes);
  const auto size = (sizeof(entry) + first.size() + second.size() + 7U) & ~std::uint64_t{7};
  auto offset = used.load(std::memory_order_relaxed);
  if (const auto end = layout_.end_of_part(offset); offset + size > end)
    offset = end;
  if (!layout_.has(offset) || offset / 8 > UINT32_MAX || !table_.reach(layout_.place_of(offset) + size)) {
    std::atomic_ref lost(counts_->names_lost);
    lost.store(lost.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return kNoName;
  }
  if (layout_.begins_segment(offset))
    begin_segment(offset);

  alignas(8) std::array<char, kMostEntryBytes> bytes{};
  std::memcpy(bytes.data(), &entry, sizeof(entry));
  std::copy(first.begin(), first.end(), bytes.data() + sizeof(entry));
  std::copy(second.begin(), second.end(), bytes.data() + sizeof(entry) + first.size());
  auto* words = reinterpret_cast<std::uint64_t*>(table_.items<char>() + layout_.place_of(offset));
  for (std::uint64_t at = 0; at < size; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    std::atomic_ref(*words++).store(word, std::memory_order_relaxed);
  }
  used.store(offset + size, std::memory_order_release);
  const auto id = static_cast<NameId>(offset / 8);
  by_text_.put(hash, id);
  return id;
}

void NameInterner::begin_segment(std::uint64_t offset) {
  const auto gone = layout_.gone_before(offset);
  if (gone == 0)
    return;
  std::atomic_ref(counts_->names_gone_bytes).store(gone, std::memory_order_relaxed);
  // A reader that sees any of the new words must also see that the old names are gone.
  std::atomic_thread_fence(std::memory_order_release);
  first_left_ = static_cast<NameId>(gone / 8);
  const auto held = [this](std::uint64_t id) { return holds(static_cast<NameId>(id)); };
  by_key_.keep_if(held);
  by_text_.keep_if(held);
}

}  // namespace loopscope::tracer
