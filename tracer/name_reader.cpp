#include "tracer/name_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "tracer/shared_words.h"

namespace loopscope::tracer {
namespace {

constexpr Name kUnknown{"?", "", 0};

/// How many bytes name and file have; 0 if the entry makes no sense in `left` bytes.
std::uint64_t text_bytes(const NameEntry& entry, std::uint64_t left) {
  const auto bytes = std::uint64_t{entry.name_bytes} + entry.file_bytes;
  const bool sound =
      entry.name_bytes > 0 && entry.name_bytes <= kMaxNameBytes && entry.file_bytes <= kMaxFileBytes;
  return sound && bytes <= left ? bytes : 0;
}

}  // namespace

Name NameReader::read(NameId id) {
  const auto offset = std::uint64_t{id} * 8;
  if (id == kNoName || counters_ == nullptr || !layout_.has(offset))
    return kUnknown;
  const auto used = load_word(counters_->names_used_bytes, std::memory_order_acquire);
  const auto end = std::min(used, layout_.end_of_part(offset));
  if (offset + sizeof(NameEntry) > end)
    return kUnknown;
  return layout_.is_kept(offset) ? read_kept(offset, end) : copy(id, offset, end);
}

Name NameReader::read_kept(std::uint64_t offset, std::uint64_t end) const {
  const char* at = table_ + offset;
  NameEntry entry{};
  std::memcpy(&entry, at, sizeof(entry));
  at += sizeof(entry);
  if (text_bytes(entry, end - offset - sizeof(entry)) == 0)
    return kUnknown;
  return {{at, entry.name_bytes}, {at + entry.name_bytes, entry.file_bytes}, entry.line};
}

bool NameReader::is_gone(std::uint64_t offset) const {
  return offset < load_word(counters_->names_gone_bytes);
}

Name NameReader::copy(NameId id, std::uint64_t offset, std::uint64_t end) {
  if (const auto found = young_.find(id); found != young_.end())
    return name_of(found->second);
  if (auto node = old_.extract(id); !node.empty())
    return name_of(keep(std::move(node)));

  const auto* words = reinterpret_cast<const std::uint64_t*>(table_ + layout_.place_of(offset));
  NameEntry entry{};
  const auto first = load_word(*words);
  std::memcpy(&entry, &first, sizeof(entry));
  const auto bytes = text_bytes(entry, end - offset - sizeof(entry));
  if (bytes == 0 || is_gone(offset))
    return kUnknown;
  std::string text;
  for (std::uint64_t at = 0; at < bytes; at += 8) {
    const auto word = load_word(words[1 + at / 8]);
    text.append(reinterpret_cast<const char*>(&word), std::min<std::uint64_t>(8, bytes - at));
  }
  std::atomic_thread_fence(std::memory_order_acquire);
  if (is_gone(offset))
    return kUnknown;
  Copies made;
  made.emplace(id, Copy{std::move(text), entry.name_bytes, entry.line});
  return name_of(keep(made.extract(made.begin())));
}

const NameReader::Copy& NameReader::keep(Copies::node_type node) {
  if (young_.size() >= kMostCopies)
    old_ = std::exchange(young_, {});
  return young_.insert(std::move(node)).position->second;
}

Name NameReader::name_of(const Copy& copy) {
  const std::string_view text = copy.text;
  return {text.substr(0, copy.name_bytes), text.substr(copy.name_bytes), copy.line};
}

}  // namespace loopscope::tracer
