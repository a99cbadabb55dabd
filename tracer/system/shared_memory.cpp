#include "tracer/system/shared_memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>
#include <utility>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14
#endif

namespace loopscope::tracer {
namespace {

std::uintptr_t page_bytes() {
  static const auto bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

struct flock lock_of(short type, std::uint64_t offset_bytes, std::uint64_t size_bytes) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(offset_bytes);
  lock.l_len = static_cast<off_t>(size_bytes);
  return lock;
}

bool change_lock(int descriptor, short type, std::uint64_t offset_bytes, std::uint64_t size_bytes) {
  auto lock = lock_of(type, offset_bytes, size_bytes);
  return fcntl(descriptor, F_OFD_SETLK, &lock) == 0;
}

/// For kernels that know no better way. A system call that is to write its answer where no memory can be had fails with
/// EFAULT, where a plain store would be a SIGBUS. This one answers which signals are blocked.
int take_page(std::uint64_t* word) {
  if (syscall(SYS_rt_sigprocmask, SIG_BLOCK, nullptr, word, sizeof(*word)) != 0)
    return errno == EFAULT ? ENOSPC : errno;
  *word = 0;
  return 0;
}

}  // namespace

int take_memory_by_pages(void* start, std::uint64_t size_bytes) {
  const auto address = reinterpret_cast<std::uintptr_t>(start);
  int error = 0;
  for (auto at = address; at < address + size_bytes && error == 0; at = (at | (page_bytes() - 1)) + 1)
    error = take_page(reinterpret_cast<std::uint64_t*>(at));
  return error;
}

int take_memory(void* start, std::uint64_t size_bytes) {
  const auto address = reinterpret_cast<std::uintptr_t>(start);
  const auto first_page = address & ~(page_bytes() - 1);
  if (madvise(reinterpret_cast<void*>(first_page), address + size_bytes - first_page, MADV_POPULATE_WRITE) == 0)
    return 0;
  if (errno == EFAULT || errno == ENOMEM)
    return ENOSPC;
  return take_memory_by_pages(start, size_bytes);
}

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

SharedMemory SharedMemory::create(const std::string& path, std::uint64_t size_bytes, bool& locked, int& error) {
  error = 0;
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    error = errno;
    return {};
  }
  locked = change_lock(descriptor, F_WRLCK, 0, 1);
  SharedMemory memory;
  if (ftruncate(descriptor, static_cast<off_t>(size_bytes)) != 0)
    error = errno;
  else
    memory = map(descriptor, 0, size_bytes, true, error);
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
          .size_bytes = static_cast<std::uint64_t>(status.st_size),
          .memory_bytes = static_cast<std::uint64_t>(status.st_blocks) * 512,
          .changed_realtime_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
          .linked = status.st_nlink != 0};
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

std::uint64_t OpenFile::read_data(void* into, std::uint64_t size_bytes, int& error) const {
  std::uint64_t at = 0;
  error = 0;
  while (at < size_bytes && error == 0) {
    const auto data = lseek(descriptor_, static_cast<off_t>(at), SEEK_DATA);
    if (data < 0 && errno == ENXIO)
      return size_bytes;  // a hole to the end
    if (data < 0)
      return read(into, 0, size_bytes, error);  // a file system that knows no holes
    const auto start = std::min(static_cast<std::uint64_t>(data), size_bytes);
    const auto hole = lseek(descriptor_, data, SEEK_HOLE);
    const auto end = hole < 0 ? size_bytes : std::min(static_cast<std::uint64_t>(hole), size_bytes);
    const auto done = read(static_cast<char*>(into) + start, start, end - start, error);
    if (done < end - start)
      return start + done;
    at = end;
  }
  return at;
}

bool OpenFile::write(const void* from, std::uint64_t offset_bytes, std::uint64_t size_bytes) const {
  ssize_t done = 0;
  do done = pwrite(descriptor_, from, size_bytes, static_cast<off_t>(offset_bytes));
  while (done < 0 && errno == EINTR);
  return done == static_cast<ssize_t>(size_bytes);
}

bool OpenFile::is_locked(std::uint64_t offset_bytes) const {
  auto lock = lock_of(F_WRLCK, offset_bytes, 1);
  return fcntl(descriptor_, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool OpenFile::lock(std::uint64_t offset_bytes, std::uint64_t size_bytes) const {
  return change_lock(descriptor_, F_WRLCK, offset_bytes, size_bytes);
}

void OpenFile::unlock(std::uint64_t offset_bytes, std::uint64_t size_bytes) const {
  change_lock(descriptor_, F_UNLCK, offset_bytes, size_bytes);
}

std::string read_system_file(const std::string& path) {
  int error = 0;
  const OpenFile file(path, false, error);
  if (error != 0)
    return {};
  std::string text(4096, '\0');
  text.resize(file.read(text.data(), 0, text.size(), error));
  if (error != 0)
    return {};
  if (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text;
}

bool is_in_memory(const std::string& path) {
  struct statfs system {};
  return statfs(path.c_str(), &system) == 0 && system.f_type == TMPFS_MAGIC;
}

std::uint64_t file_system_bytes(const std::string& path) {
  struct statfs system {};
  if (statfs(path.c_str(), &system) != 0)
    return 0;
  return static_cast<std::uint64_t>(system.f_blocks) * static_cast<std::uint64_t>(system.f_bsize);
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
