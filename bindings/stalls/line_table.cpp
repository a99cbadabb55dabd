#include "bindings/stalls/line_table.h"

namespace loopscope::bindings {
namespace {

constexpr std::size_t kInstructionBytes = 2;

std::uint32_t line_of(std::int64_t line) {
  return line > 0 && line <= UINT32_MAX ? static_cast<std::uint32_t>(line) : 0;
}

std::int64_t as_signed(std::uint8_t byte) {
  return static_cast<std::int8_t>(byte);
}

/// Pairs: so many bytes further, so many lines further.
std::uint32_t by_lnotab(std::span<const std::uint8_t> table, std::int64_t line, std::size_t offset) {
  std::size_t at = 0;
  for (std::size_t i = 0; i + 1 < table.size(); i += 2) {
    at += table[i];
    if (at > offset)
      break;
    line += as_signed(table[i + 1]);
  }
  return line_of(line);
}

/// Pairs: the next so many bytes are on the line that is so many further; -128: on none.
std::uint32_t by_pep626(std::span<const std::uint8_t> table, std::int64_t line, std::size_t offset) {
  constexpr std::uint8_t kNoLine = 0x80;
  std::size_t end = 0;
  for (std::size_t i = 0; i + 1 < table.size(); i += 2) {
    end += table[i];
    const bool has_line = table[i + 1] != kNoLine;
    if (has_line)
      line += as_signed(table[i + 1]);
    if (offset < end)
      return has_line ? line_of(line) : 0;
  }
  return 0;
}

/// Six bits a byte, the lowest first; another one follows while bit 6 is set. Bit 0 of the whole is the sign.
std::int64_t signed_varint(std::span<const std::uint8_t> table, std::size_t at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; at < table.size() && shift < 36; shift += 6) {
    const auto byte = table[at++];
    value |= std::uint64_t{byte & 0x3FU} << shift;
    if ((byte & 0x40U) == 0)
      break;
  }
  const auto magnitude = static_cast<std::int64_t>(value >> 1U);
  return (value & 1U) != 0 ? -magnitude : magnitude;
}

/// Entries: a byte with bit 7 set (4 bits of what it is, 3 bits of how many instructions less one), and what belongs to it.
std::uint32_t by_pep657(std::span<const std::uint8_t> table, std::int64_t line, std::size_t offset) {
  constexpr unsigned kOneLine = 10;    // to 12: the line, none to two further
  constexpr unsigned kLineDelta = 13;  // and 14, which has columns as well
  constexpr unsigned kNoLine = 15;
  std::size_t end = 0;
  for (std::size_t i = 0; i < table.size();) {
    const unsigned code = table[i] >> 3U & 0xFU;
    end += ((table[i] & 7U) + 1) * kInstructionBytes;
    if (code >= kLineDelta && code < kNoLine)
      line += signed_varint(table, i + 1);
    else if (code >= kOneLine && code < kLineDelta)
      line += code - kOneLine;
    if (offset < end)
      return code == kNoLine ? 0 : line_of(line);
    do ++i;
    while (i < table.size() && (table[i] & 0x80U) == 0);
  }
  return 0;
}

}  // namespace

std::uint32_t line_at(LineFormat format, std::span<const std::uint8_t> table, std::uint32_t first_line,
                      std::size_t offset) {
  switch (format) {
    case LineFormat::lnotab:
      return by_lnotab(table, first_line, offset);
    case LineFormat::pep626:
      return by_pep626(table, first_line, offset);
    case LineFormat::pep657:
      return by_pep657(table, first_line, offset);
  }
  return 0;
}

}  // namespace loopscope::bindings
