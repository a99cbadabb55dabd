#include "tracer/read/name_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

namespace loopscope::tracer {
namespace {

constexpr Name kUnknown{"?", "", 0};
/// No program keeps more names; a file that says so is damaged, or made up.
constexpr std::uint64_t kMostMirroredBytes = 64U << 20U;

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
  if (id == kNoName || bytes_ == nullptr || !layout_.has(offset))
    return kUnknown;
  return layout_.is_kept(offset) ? read_kept(offset) : read_copied(id, offset);
}

std::uint64_t NameReader::used_bytes() const {
  const auto used = bytes_->get<std::uint64_t>(counters_ + offsetof(Counters, names_used_bytes));
  SessionBytes::between();
  return used;
}

bool NameReader::is_gone(std::uint64_t offset) const {
  return offset < bytes_->get<std::uint64_t>(counters_ + offsetof(Counters, names_gone_bytes));
}

Name NameReader::read_kept(std::uint64_t offset) {
  auto end = mirrored_;
  if (offset + sizeof(NameEntry) > end)
    end = std::min(used_bytes(), layout_.kept_bytes());
  const char* at = offset + sizeof(NameEntry) > end ? nullptr : kept_up_to(end);
  if (at == nullptr)
    return kUnknown;
  at += offset;
  NameEntry entry{};
  std::memcpy(&entry, at, sizeof(entry));
  at += sizeof(entry);
  if (text_bytes(entry, end - offset - sizeof(entry)) == 0)
    return kUnknown;
  return {{at, entry.name_bytes}, {at + entry.name_bytes, entry.file_bytes}, entry.line};
}

/// The table, of which the first `end` bytes are there; null if there is no memory for them, or the file has them no more.
const char* NameReader::kept_up_to(std::uint64_t end) {
  if (bytes_->memory() != nullptr)
    return bytes_->memory() + table_;
  int error = 0;
  if (mirror_.data() == nullptr && layout_.kept_bytes() <= kMostMirroredBytes)
    mirror_ = SharedMemory::anonymous(layout_.kept_bytes(), error);
  auto* const mirror = static_cast<char*>(mirror_.data());
  const auto whole_words = end & ~std::uint64_t{7};
  if (mirror != nullptr && whole_words > mirrored_) {
    bytes_->copy(table_ + mirrored_, mirror + mirrored_, whole_words - mirrored_);
    if (bytes_->was_cut())
      return nullptr;
    mirrored_ = whole_words;
  }
  return mirror;
}

Name NameReader::read_copied(NameId id, std::uint64_t offset) {
  if (const auto found = young_.find(id); found != young_.end())
    return name_of(found->second);
  auto node = old_.extract(id);
  if (node.empty()) {
    auto made = copy(id, offset);
    node = made.extract(id);
  }
  return node.empty() ? kUnknown : name_of(keep(std::move(node)));
}

/// The name itself, or nothing: it is gone, or was written anew while it was copied.
NameReader::Copies NameReader::copy(NameId id, std::uint64_t offset) const {
  const auto end = std::min(used_bytes(), layout_.end_of_part(offset));
  if (offset + sizeof(NameEntry) > end)
    return {};
  const auto at = table_ + layout_.place_of(offset);
  const auto entry = bytes_->get<NameEntry>(at);
  const auto bytes = text_bytes(entry, end - offset - sizeof(entry));
  if (bytes == 0)
    return {};
  std::string text((bytes + 7) / 8 * 8, '\0');
  bytes_->copy(at + sizeof(entry), text.data(), text.size());
  SessionBytes::between();
  if (is_gone(offset) || bytes_->was_cut())
    return {};
  text.resize(bytes);
  Copies made;
  made.emplace(id, Copy{std::move(text), entry.name_bytes, entry.line});
  return made;
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
