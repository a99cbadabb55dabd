#pragma once
/// The names of a session, as a viewer reads them.
///
/// Kept names are views of the session's bytes. If these are a file's, they are views of a mirror: each name is read from the file
/// once, and stays when the file is cut short. The other names are copied when they are first looked up, because the writer will
/// use their place again. A copied name stays known while it is looked up now and then, also after it has left the table. A view is valid
/// at least until kMostCopies others were looked up. Nothing in the table is trusted.
/// Thread: one. Owner: of the mirror and the copies; the bytes outlive it. Errors: a name that is gone, or never was, is "?".

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tracer/format.h"
#include "tracer/name_layout.h"
#include "tracer/read/session_bytes.h"
#include "tracer/system/shared_memory.h"

namespace loopscope::tracer {

/// A function's name.
struct Name {
  std::string_view function;  ///< qualified name; "?" if unknown
  std::string_view file;      ///< full path, empty if written in C
  std::uint32_t line = 0;
};

/// Where one function of a stack, or one coroutine of a chain, stands.
struct Frame {
  NameId caller =
      kNoName;  ///< the frame that called or awaits it; always less than its own id. kNoName: it is the outermost
  NameId function = kNoName;  ///< kNoName: there is no such frame, or it is known no more
  std::uint32_t line = 0;
};

class NameReader {
 public:
  static constexpr std::size_t kMostCopies = 1U << 15U;

  NameReader() = default;  ///< of no table: everything is "?"
  NameReader(const SessionBytes& bytes, const TrackLayout& track)
      : bytes_(&bytes), table_(track.names_offset), layout_(track.names_bytes), counts_(track.counts_offset) {}

  /// Of a frame: its function's, and the line at which that stands.
  Name read(NameId id);
  Frame frame(NameId id);

 private:
  struct Copy {
    NameEntry entry;
    std::string text;  ///< name and file, or the links of a frame
  };
  struct Entry {
    NameEntry entry{};
    std::string_view text;  ///< empty: there is no such entry
  };
  using Copies = std::unordered_map<NameId, Copy>;

  Entry find(NameId id);
  static Entry entry_of(const Copy& copy) { return {copy.entry, copy.text}; }
  [[nodiscard]] std::uint64_t used_bytes() const;
  [[nodiscard]] bool is_gone(std::uint64_t offset) const;
  Entry find_kept(std::uint64_t offset);
  const char* kept_up_to(std::uint64_t end);
  Entry find_copied(NameId id, std::uint64_t offset);
  [[nodiscard]] Copies copy(NameId id, std::uint64_t offset) const;
  const Copy& keep(Copies::node_type node);

  const SessionBytes* bytes_ = nullptr;
  std::uint64_t table_ = 0;  ///< its offset
  NameLayout layout_;
  std::uint64_t counts_ = 0;    ///< the offset of the track's TrackCounts
  SharedMemory mirror_;         ///< of the kept names, where the bytes are a file's
  std::uint64_t mirrored_ = 0;  ///< bytes of it
  Copies young_;                ///< looked up since the last change of generations
  Copies old_;
};

}  // namespace loopscope::tracer
