#pragma once
/// The names of a session, as a viewer reads them.
///
/// Kept names are views of the session's memory. The others are copied at their first sight, since their place will be
/// written anew: what was looked up once is known as long as it is asked for now and then, also after it has left the table.
/// A name stays valid at least until kMostCopies others were looked up. Nothing in the table is trusted.
/// Thread: one. Owner: of the copies. Errors: a name that is gone, or never was, is "?".

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tracer/format.h"
#include "tracer/name_layout.h"

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
  NameReader(const char* table, std::uint64_t table_bytes, const Counters& counters)
      : table_(table), layout_(table_bytes), counters_(&counters) {}

  Name read(NameId id);

 private:
  struct Copy {
    std::string text;  ///< name and file
    std::size_t name_bytes;
    std::uint32_t line;
  };
  using Copies = std::unordered_map<NameId, Copy>;

  static Name name_of(const Copy& copy);
  [[nodiscard]] bool is_gone(std::uint64_t offset) const;
  Name read_kept(std::uint64_t offset, std::uint64_t end) const;
  Name copy(NameId id, std::uint64_t offset, std::uint64_t end);
  const Copy& keep(Copies::node_type node);

  const char* table_ = nullptr;
  NameLayout layout_;
  const Counters* counters_ = nullptr;
  Copies young_;  ///< looked up since the last change of generations
  Copies old_;
};

}  // namespace loopscope::tracer
