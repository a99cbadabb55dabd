#pragma once
/// Memory that is a file: what the operating system does for sessions. Knows no bytes of the format.
///
/// Thread: any, one object by one at a time. Owner: each object of its mapping or descriptor, not of the file.
/// Errors: an errno value in `error`, 0 on success; callers make the sentence.
/// Links are never followed and descriptors never inherited. A new file is a hole: take_memory() gives it memory, and is where a
/// full file system is an error and not a SIGBUS.
///
/// Locks are those of an open file (F_OFD_SETLK): they are seen from every PID namespace. A mapping keeps the lock of the file
/// it was made from, without a descriptor that somebody could close. It ends with the mapping: at the latest with the process, or
/// when that becomes another program (exec).

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

  /// A new file (0600, must not exist), a hole, mapped for writing. On error no file is left. `locked` says whether the mapping
  /// holds a lock on the file's first byte: not every file system has locks.
  static SharedMemory create(const std::string& path, std::uint64_t size_bytes, bool& locked, int& error);
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

/// Takes memory for the part of a mapped file: stores there cannot fail from then on. The bytes are zero or what they were.
/// Answers errno: ENOSPC if there is no room, and if the file was cut short.
int take_memory(void* start, std::uint64_t size_bytes);
/// The same, as kernels before 5.14 do it.
int take_memory_by_pages(void* start, std::uint64_t size_bytes);

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
    std::uint64_t memory_bytes = 0;  ///< what it takes of the file system: holes take nothing
    std::int64_t changed_realtime_ns = 0;
    bool linked = false;  ///< some directory has it
  };
  [[nodiscard]] Facts facts(int& error) const;
  /// Up to `size_bytes` from `offset_bytes`; answers how many there were.
  std::uint64_t read(void* into, std::uint64_t offset_bytes, std::uint64_t size_bytes, int& error) const;
  /// As read(), but leaves out the file's holes: `into` is zero already.
  std::uint64_t read_data(void* into, std::uint64_t size_bytes, int& error) const;
  /// All of it, or false.
  [[nodiscard]] bool write(const void* from, std::uint64_t offset_bytes, std::uint64_t size_bytes) const;
  /// Is the byte locked by somebody else's open file?
  [[nodiscard]] bool is_locked(std::uint64_t offset_bytes) const;
  /// Waits for nobody: false if somebody else has it.
  [[nodiscard]] bool lock(std::uint64_t offset_bytes, std::uint64_t size_bytes) const;
  void unlock(std::uint64_t offset_bytes, std::uint64_t size_bytes) const;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

/// What a file of the system's (/proc, /sys) says, up to 4096 bytes, without the line end. Empty if it cannot be read, as when its
/// process is gone.
/// (A std::ifstream throws where read() fails, whatever its exceptions() say.)
std::string read_system_file(const std::string& path);

/// Does the file system at `path` live in memory?
bool is_in_memory(const std::string& path);

/// How large the file system at `path` is, free or not. 0 if it does not say.
std::uint64_t file_system_bytes(const std::string& path);

/// Names of the entries of a directory, sorted, without the hidden ones.
std::vector<std::string> list_directory(const std::string& path, int& error);

/// Removes a file; answers errno.
int remove_file(const std::string& path);

}  // namespace loopscope::tracer
