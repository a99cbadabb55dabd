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

/// How many bytes follow the entry; 0 if it makes no sense in `left` bytes.
std::uint64_t text_bytes(const NameEntry& entry, std::uint64_t left) {
  if (entry.file_bytes == kIsFrame)
    return entry.name_bytes == sizeof(FrameLinks) && sizeof(FrameLinks) <= left ? sizeof(FrameLinks) : 0;
  const auto bytes = std::uint64_t{entry.name_bytes} + entry.file_bytes;
  const bool sound =
      entry.name_bytes > 0 && entry.name_bytes <= kMaxNameBytes && entry.file_bytes <= kMaxFileBytes;
  return sound && bytes <= left ? bytes : 0;
}

}  // namespace

Name NameReader::read(NameId id) {
  Entry found = find(id);
  if (!found.text.empty() && found.entry.file_bytes == kIsFrame) {
    const auto line = found.entry.line;
    found = find(frame(id).function);
    if (found.entry.file_bytes == kIsFrame)  // a damaged file
      return kUnknown;
    found.entry.line = line;
  }
  if (found.text.empty())
    return kUnknown;
  return {found.text.substr(0, found.entry.name_bytes), found.text.substr(found.entry.name_bytes),
          found.entry.line};
}

Frame NameReader::frame(NameId id) {
  const Entry found = find(id);
  if (found.text.size() != sizeof(FrameLinks) || found.entry.file_bytes != kIsFrame)
    return {};
  FrameLinks links{};
  std::memcpy(&links, found.text.data(), sizeof(links));
  return {links.caller < id ? links.caller : kNoName, links.function, found.entry.line};
}

NameReader::Entry NameReader::find(NameId id) {
  const auto offset = std::uint64_t{id} * 8;
  if (id == kNoName || bytes_ == nullptr || !layout_.has(offset))
    return {};
  return layout_.is_kept(offset) ? find_kept(offset) : find_copied(id, offset);
}

std::uint64_t NameReader::used_bytes() const {
  const auto used = bytes_->get<std::uint64_t>(counts_ + offsetof(TrackCounts, names_used_bytes));
  SessionBytes::between();
  return used;
}

bool NameReader::is_gone(std::uint64_t offset) const {
  return offset < bytes_->get<std::uint64_t>(counts_ + offsetof(TrackCounts, names_gone_bytes));
}

NameReader::Entry NameReader::find_kept(std::uint64_t offset) {
  auto end = mirrored_;
  if (offset + sizeof(NameEntry) > end)
    end = std::min(used_bytes(), layout_.kept_bytes());
  const char* at = offset + sizeof(NameEntry) > end ? nullptr : kept_up_to(end);
  if (at == nullptr)
    return {};
  at += offset;
  NameEntry entry{};
  std::memcpy(&entry, at, sizeof(entry));
  at += sizeof(entry);
  return {entry, {at, text_bytes(entry, end - offset - sizeof(entry))}};
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

NameReader::Entry NameReader::find_copied(NameId id, std::uint64_t offset) {
  if (const auto found = young_.find(id); found != young_.end())
    return entry_of(found->second);
  auto node = old_.extract(id);
  if (node.empty()) {
    auto made = copy(id, offset);
    node = made.extract(id);
  }
  return node.empty() ? Entry{} : entry_of(keep(std::move(node)));
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
  made.emplace(id, Copy{entry, std::move(text)});
  return made;
}

const NameReader::Copy& NameReader::keep(Copies::node_type node) {
  if (young_.size() >= kMostCopies)
    old_ = std::exchange(young_, {});
  return young_.insert(std::move(node)).position->second;
}

}  // namespace loopscope::tracer
