#pragma once
/// The line at which an instruction of a code object stands, from a copy of its line table.
///
/// Three formats: lnotab (Python 3.9, Objects/lnotab_notes.txt of CPython), PEP 626 (3.10) and PEP 657 (3.11 on,
/// Objects/locations.md or InternalDocs/code_objects.md). Nothing in a table is trusted.
///
/// Thread: any. Units: offsets in bytes of instructions. Errors: 0, also for an instruction without a line.

#include <cstddef>
#include <cstdint>
#include <span>

namespace loopscope::bindings {

enum class LineFormat : std::uint8_t { lnotab, pep626, pep657 };

std::uint32_t line_at(LineFormat format, std::span<const std::uint8_t> table, std::uint32_t first_line,
                      std::size_t offset);

}  // namespace loopscope::bindings
