#pragma once
/// Reads of this process's own memory that cannot fault: an address that is not there is an answer, and not a SIGSEGV.
///
/// process_vm_readv() on itself, which needs no rights. Where a sandbox forbids that, write(2) into a pipe, which refuses a bad
/// address in the same way and costs two system calls a piece.
///
/// Thread: one at a time. Owner: of two descriptors, where it needs the pipe. Errors: false. Units: bytes.

#include <cstddef>
#include <cstdint>
#include <span>

namespace loopscope::bindings {

class SelfMemory {
 public:
  struct Piece {
    std::uint64_t address;
    void* into;
    std::size_t bytes;
  };

  SelfMemory();
  ~SelfMemory();
  SelfMemory(const SelfMemory&) = delete;
  SelfMemory& operator=(const SelfMemory&) = delete;

  /// All pieces, or false.
  [[nodiscard]] bool read(std::span<const Piece> pieces) const;
  [[nodiscard]] bool read(std::uint64_t address, void* into, std::size_t bytes) const {
    const Piece piece{address, into, bytes};
    return read(std::span(&piece, 1));
  }

 private:
  [[nodiscard]] bool read_by_pipe(std::span<const Piece> pieces) const;

  int ends_[2] = {-1, -1};  ///< of the pipe, if there is one
};

}  // namespace loopscope::bindings
