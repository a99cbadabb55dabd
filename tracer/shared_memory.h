#pragma once
/// Memory that is a file: what the operating system does for sessions. Knows no bytes of the format.
///
/// Thread: any, one object by one at a time. Owner: each object of its mapping or descriptor, not of the file.
/// Errors: an errno value in `error`, 0 on success; callers make the sentence.
/// Links are never followed and descriptors never inherited. The file's blocks are reserved on creation, so a
/// full file system is an error there and not a SIGBUS later.

#include <cstdint>
#include <string>
#include <vector>

namespace loopscope::tracer {

/// A mapping of memory, unmapped with the object. Empty (data() is null) by default.
class SharedMemory {
 public:
  SharedMemory() = default;
  ~SharedMemory();
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  /// A new file (0600, must not exist), zeroed, mapped for writing. On error no file is left.
  static SharedMemory create(const std::string& path, std::uint64_t size_bytes, int& error);
  /// Zeroed memory without a file.
  static SharedMemory anonymous(std::uint64_t size_bytes, int& error);
  /// `size_bytes` of an open file from `offset_bytes` (a multiple of the page size).
  static SharedMemory map(int descriptor, std::uint64_t offset_bytes, std::uint64_t size_bytes, bool writable,
                          int& error);

  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }

 private:
  SharedMemory(void* data, std::uint64_t size_bytes) : data_(data), size_bytes_(size_bytes) {}
  void* data_ = nullptr;
  std::uint64_t size_bytes_ = 0;
};

/// An open file, closed with the object.
class OpenFile {
 public:
  OpenFile() = default;
  /// Never blocks, not even on a FIFO.
  OpenFile(const std::string& path, bool writable, int& error);
  ~OpenFile();
  OpenFile(OpenFile&& other) noexcept;
  OpenFile& operator=(OpenFile&& other) noexcept;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  struct Facts {
    bool regular = false;
    bool directory = false;
    bool owned = false;      ///< by the effective user of this process
    bool in_memory = false;  ///< on tmpfs
    std::uint64_t size_bytes = 0;
  };
  [[nodiscard]] Facts facts(int& error) const;
  /// Up to `size_bytes` from `offset_bytes`; answers how many there were.
  std::uint64_t read(void* into, std::uint64_t offset_bytes, std::uint64_t size_bytes, int& error) const;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

/// Does the file system at `path` live in memory?
bool is_in_memory(const std::string& path);

/// Names of the entries of a directory, sorted, without the hidden ones.
std::vector<std::string> list_directory(const std::string& path, int& error);

/// Removes a file; answers errno.
int remove_file(const std::string& path);

}  // namespace loopscope::tracer
