#pragma once
/// A file system in memory of a few KiB, like a container's /dev/shm. LOOPSCOPE_DIR names it while this object lives. Only root
/// can mount one.

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tracer/format.h"

namespace loopscope::tracer::testing {

class SmallFileSystem {
 public:
  explicit SmallFileSystem(std::uint64_t size_bytes) {
    std::string pattern = "/dev/shm/loopscope-test-XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
    const auto options = "mode=700,size=" + std::to_string(size_bytes);
    mounted_ = mount("tmpfs", path_.c_str(), "tmpfs", 0, options.c_str()) == 0;
    setenv("LOOPSCOPE_DIR", path_.c_str(), 1);
  }
  ~SmallFileSystem() {
    unsetenv("LOOPSCOPE_DIR");
    if (mounted_)
      umount2(path_.c_str(), MNT_DETACH);
    std::filesystem::remove_all(path_);
  }
  SmallFileSystem(const SmallFileSystem&) = delete;
  SmallFileSystem& operator=(const SmallFileSystem&) = delete;

  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t free_bytes() const {
    struct statvfs system {};
    EXPECT_EQ(statvfs(path_.c_str(), &system), 0);
    return std::uint64_t{system.f_bavail} * system.f_bsize;
  }
  /// Makes a file of `size_bytes` that begins like a session. Answers its path.
  std::string file(const std::string& name, std::uint64_t size_bytes) const {
    auto path = path_ + "/" + name;
    auto bytes = std::string(size_bytes, 'x');
    std::copy_n(kMagic, std::min<std::uint64_t>(size_bytes, sizeof(kMagic)), bytes.begin());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

 private:
  std::string path_;
  bool mounted_ = false;
};

}  // namespace loopscope::tracer::testing
