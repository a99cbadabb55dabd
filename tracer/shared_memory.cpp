#include "tracer/shared_memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

namespace loopscope::tracer {

SharedMemory::~SharedMemory() {
  if (data_ != nullptr)
    munmap(data_, size_bytes_);
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

SharedMemory SharedMemory::create(const std::string& path, std::uint64_t size_bytes, int& error) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    error = errno;
    return {};
  }
  do error = posix_fallocate(descriptor, 0, static_cast<off_t>(size_bytes));
  while (error == EINTR);
  SharedMemory memory;
  if (error == 0) {
    // Not populated: mapping pages one by one as they are first touched costs a long-lived loop next to nothing,
    // mapping all of them now would cost every short-lived one milliseconds.
    void* data = mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (data == MAP_FAILED)
      error = errno;
    else
      memory = SharedMemory(data, size_bytes);
  }
  close(descriptor);
  if (error != 0)
    unlink(path.c_str());
  return memory;
}

SharedMemory SharedMemory::anonymous(std::uint64_t size_bytes, int& error) {
  void* data = mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  error = data == MAP_FAILED ? errno : 0;
  return data == MAP_FAILED ? SharedMemory() : SharedMemory(data, size_bytes);
}

SharedMemory SharedMemory::map(int descriptor, std::uint64_t offset_bytes, std::uint64_t size_bytes, bool writable,
                               int& error) {
  const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  void* data = mmap(nullptr, size_bytes, protection, MAP_SHARED, descriptor, static_cast<off_t>(offset_bytes));
  error = data == MAP_FAILED ? errno : 0;
  return data == MAP_FAILED ? SharedMemory() : SharedMemory(data, size_bytes);
}

OpenFile::OpenFile(const std::string& path, bool writable, int& error)
    : descriptor_(open(path.c_str(), (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)) {
  error = descriptor_ < 0 ? errno : 0;
}

OpenFile::~OpenFile() {
  if (descriptor_ >= 0)
    close(descriptor_);
}

OpenFile::OpenFile(OpenFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

OpenFile::Facts OpenFile::facts(int& error) const {
  struct stat status {};
  struct statfs system {};
  error = fstat(descriptor_, &status) != 0 || fstatfs(descriptor_, &system) != 0 ? errno : 0;
  if (error != 0)
    return {};
  return {.regular = S_ISREG(status.st_mode),
          .directory = S_ISDIR(status.st_mode),
          .owned = status.st_uid == geteuid(),
          .in_memory = system.f_type == TMPFS_MAGIC,
          .size_bytes = static_cast<std::uint64_t>(status.st_size)};
}

std::uint64_t OpenFile::read(void* into, std::uint64_t offset_bytes, std::uint64_t size_bytes, int& error) const {
  std::uint64_t done = 0;
  error = 0;
  while (done < size_bytes) {
    const auto got = pread(descriptor_, static_cast<char*>(into) + done, size_bytes - done,
                           static_cast<off_t>(offset_bytes + done));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      error = errno;
    if (got <= 0)
      break;
    done += static_cast<std::uint64_t>(got);
  }
  return done;
}

bool is_in_memory(const std::string& path) {
  struct statfs system {};
  return statfs(path.c_str(), &system) == 0 && system.f_type == TMPFS_MAGIC;
}

std::vector<std::string> list_directory(const std::string& path, int& error) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  error = directory ? 0 : errno;
  if (!directory)
    return names;
  while (const dirent* entry = readdir(directory.get()))
    if (entry->d_name[0] != '.')
      names.emplace_back(entry->d_name);
  std::sort(names.begin(), names.end());
  return names;
}

int remove_file(const std::string& path) {
  return unlink(path.c_str()) == 0 ? 0 : errno;
}

}  // namespace loopscope::tracer
