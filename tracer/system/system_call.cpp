#include "tracer/system/system_call.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <string_view>

namespace loopscope::tracer {
namespace {

struct Named {
  long number;
  std::string_view name;
};

// An architecture lacks the older ones of two that do the same.
constexpr Named kNames[] = {
#ifdef SYS_open
    {SYS_open, "open"},
#endif
#ifdef SYS_poll
    {SYS_poll, "poll"},
#endif
#ifdef SYS_select
    {SYS_select, "select"},
#endif
#ifdef SYS_pause
    {SYS_pause, "pause"},
#endif
#ifdef SYS_fork
    {SYS_fork, "fork"},
#endif
#ifdef SYS_vfork
    {SYS_vfork, "vfork"},
#endif
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, "epoll_wait"},
#endif
#ifdef SYS_unlink
    {SYS_unlink, "unlink"},
#endif
#ifdef SYS_rename
    {SYS_rename, "rename"},
#endif
#ifdef SYS_stat
    {SYS_stat, "stat"},
#endif
#ifdef SYS_getdents
    {SYS_getdents, "getdents"},
#endif
    {SYS_read, "read"},
    {SYS_write, "write"},
    {SYS_readv, "readv"},
    {SYS_writev, "writev"},
    {SYS_pread64, "pread64"},
    {SYS_pwrite64, "pwrite64"},
    {SYS_preadv, "preadv"},
    {SYS_pwritev, "pwritev"},
    {SYS_sendfile, "sendfile"},
    {SYS_splice, "splice"},
    {SYS_close, "close"},
    {SYS_openat, "openat"},
    {SYS_fstat, "fstat"},
    {SYS_statx, "statx"},
    {SYS_getdents64, "getdents64"},
    {SYS_unlinkat, "unlinkat"},
    {SYS_renameat2, "renameat2"},
    {SYS_fsync, "fsync"},
    {SYS_fdatasync, "fdatasync"},
    {SYS_sync, "sync"},
    {SYS_syncfs, "syncfs"},
    {SYS_ftruncate, "ftruncate"},
    {SYS_fallocate, "fallocate"},
    {SYS_flock, "flock"},
    {SYS_fcntl, "fcntl"},
    {SYS_ioctl, "ioctl"},
    {SYS_mmap, "mmap"},
    {SYS_munmap, "munmap"},
    {SYS_mprotect, "mprotect"},
    {SYS_madvise, "madvise"},
    {SYS_mremap, "mremap"},
    {SYS_msync, "msync"},
    {SYS_brk, "brk"},
    {SYS_futex, "futex"},
    {SYS_nanosleep, "nanosleep"},
    {SYS_clock_nanosleep, "clock_nanosleep"},
    {SYS_ppoll, "ppoll"},
    {SYS_pselect6, "pselect6"},
    {SYS_epoll_pwait, "epoll_pwait"},
    {SYS_connect, "connect"},
    {SYS_accept, "accept"},
    {SYS_accept4, "accept4"},
    {SYS_recvfrom, "recvfrom"},
    {SYS_recvmsg, "recvmsg"},
    {SYS_recvmmsg, "recvmmsg"},
    {SYS_sendto, "sendto"},
    {SYS_sendmsg, "sendmsg"},
    {SYS_sendmmsg, "sendmmsg"},
    {SYS_shutdown, "shutdown"},
    {SYS_clone, "clone"},
    {SYS_clone3, "clone3"},
    {SYS_execve, "execve"},
    {SYS_wait4, "wait4"},
    {SYS_waitid, "waitid"},
    {SYS_rt_sigsuspend, "rt_sigsuspend"},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait"},
    {SYS_semop, "semop"},
    {SYS_semtimedop, "semtimedop"},
    {SYS_msgrcv, "msgrcv"},
    {SYS_msgsnd, "msgsnd"},
    {SYS_mq_timedreceive, "mq_timedreceive"},
    {SYS_mq_timedsend, "mq_timedsend"},
    {SYS_io_getevents, "io_getevents"},
    {SYS_io_uring_enter, "io_uring_enter"},
    {SYS_getrandom, "getrandom"},
    {SYS_sched_yield, "sched_yield"},
};

}  // namespace

SystemCallReader::~SystemCallReader() {
  close();
}

void SystemCallReader::close() {
  if (file_ >= 0)
    ::close(file_);
  file_ = -1;
}

bool SystemCallReader::follow(std::uint64_t thread) {
  close();
  const std::string path = "/proc/self/task/" + std::to_string(thread) + "/syscall";
  file_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  return file_ >= 0;
}

/// "202 0x7f... 0x189 ..."; "running"; or "-1 ..." if it sleeps, but in no system call.
std::optional<SystemCall> SystemCallReader::read() const {
  std::array<char, 256> text{};
  if (file_ < 0 || pread(file_, text.data(), text.size() - 1, 0) <= 0)
    return std::nullopt;
  SystemCall call{};
  if (std::sscanf(text.data(), "%ld %" SCNx64, &call.number, &call.first_argument) < 2 || call.number < 0)
    return std::nullopt;
  return call;
}

std::string system_call_name(long number) {
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames),
                                   [&](const Named& named) { return named.number == number; });
  return found != std::end(kNames) ? std::string(found->name) : "system call " + std::to_string(number);
}

bool is_futex(long number) {
  return number == SYS_futex;
}

}  // namespace loopscope::tracer
