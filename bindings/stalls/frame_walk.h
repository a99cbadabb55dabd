#pragma once
/// The Python frames of a thread, copied from the interpreter's own structures while that thread runs, and without the GIL.
///
///     thread state ──→ frame ──previous──→ frame ──→ ...      each ──→ code ──→ name, file, line table
///
/// Anything may change or be freed meanwhile. So each read is one that cannot fault, each pointer is checked for what it leads to, and
/// at the end all that the stack was made from is read again: a stack counts only if nothing of that has changed. The
/// instruction at which a frame stands may change between the two; it has to lie within the frame's code.
///
/// Thread: one at a time. Owner: of its buffers, made once. Errors: see Outcome.
/// Cost: some four system calls a frame; nothing for the thread that is read.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "bindings/stalls/self_memory.h"
#include "tracer/write/stack_source.h"

namespace loopscope::bindings {

class FrameWalk {
 public:
  static constexpr std::size_t kMostFrames = 64;

  enum class Outcome : std::uint8_t {
    done,
    changed,  ///< while it was read; another try may succeed
    no_frames
  };

  explicit FrameWalk(const SelfMemory& memory);

  /// One try. `thread` is the address of a PyThreadState.
  Outcome read(std::uint64_t thread);
  /// Of the latest try, if it is done. Innermost first.
  [[nodiscard]] std::span<const tracer::StackFrame> frames() const { return frames_; }
  [[nodiscard]] bool cut() const { return cut_; }

 private:
  /// What has to be the same when it is read again.
  struct Held {
    std::uint64_t address;
    std::size_t place;  ///< of bytes_
    std::size_t bytes;
  };
  struct Code {
    std::uint64_t address = 0;
    std::uint64_t instructions = 0;  ///< their address; before Python 3.11 0
    std::size_t instruction_bytes = 0;
    std::uint32_t first_line = 0;
    std::string_view name;
    std::string_view file;
    std::span<const std::uint8_t> lines;
  };
  struct Frame {
    std::uint64_t code;
    std::uint64_t previous;
    std::uint64_t instruction;
    bool shown;  ///< false: the interpreter's own
  };

  [[nodiscard]] bool innermost(std::uint64_t thread, std::uint64_t& frame);
  [[nodiscard]] bool read_frame(std::uint64_t address, Frame& frame);
  const Code* code_at(std::uint64_t address);
  bool read_code(std::uint64_t address, Code& code);
  bool read_text(std::uint64_t object, std::string_view& text);
  bool read_bytes(std::uint64_t object, std::span<const std::uint8_t>& bytes);
  [[nodiscard]] static std::optional<std::uint32_t> line_of(const Frame& frame, const Code& code);
  /// Room in bytes_; null if there is no more.
  std::uint8_t* room(std::size_t bytes);
  std::uint8_t* hold(std::uint64_t address, std::size_t bytes);
  void hold_copy(std::uint64_t address, const void* copy, std::size_t bytes);
  [[nodiscard]] bool unchanged();

  const SelfMemory& memory_;
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::unique_ptr<std::uint8_t[]> again_;
  std::size_t used_ = 0;
  std::vector<Held> held_;
  std::vector<SelfMemory::Piece> pieces_;
  std::vector<Code> codes_;
  std::vector<tracer::StackFrame> frames_;
  bool cut_ = false;
  bool full_ = false;  ///< bytes_ had no room for something
};

}  // namespace loopscope::bindings
