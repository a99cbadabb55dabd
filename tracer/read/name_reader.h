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

class NameReader {
 public:
  static constexpr std::size_t kMostCopies = 1U << 15U;

  NameReader() = default;  ///< of no table: everything is "?"
  NameReader(const SessionBytes& bytes, const SessionHeader& header)
      : bytes_(&bytes),
        table_(header.names_offset),
        layout_(header.names_bytes),
        counters_(header.counters_offset) {}

  Name read(NameId id);

 private:
  struct Copy {
    std::string text;  ///< name and file
    std::size_t name_bytes;
    std::uint32_t line;
  };
  using Copies = std::unordered_map<NameId, Copy>;

  static Name name_of(const Copy& copy);
  [[nodiscard]] std::uint64_t used_bytes() const;
  [[nodiscard]] bool is_gone(std::uint64_t offset) const;
  Name read_kept(std::uint64_t offset);
  const char* kept_up_to(std::uint64_t end);
  Name read_copied(NameId id, std::uint64_t offset);
  [[nodiscard]] Copies copy(NameId id, std::uint64_t offset) const;
  const Copy& keep(Copies::node_type node);

  const SessionBytes* bytes_ = nullptr;
  std::uint64_t table_ = 0;  ///< its offset
  NameLayout layout_;
  std::uint64_t counters_ = 0;  ///< their offset
  SharedMemory mirror_;         ///< of the kept names, where the bytes are a file's
  std::uint64_t mirrored_ = 0;  ///< bytes of it
  Copies young_;                ///< looked up since the last change of generations
  Copies old_;
};

}  // namespace loopscope::tracer
