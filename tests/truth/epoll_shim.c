// Notes every wait for events that a program makes: preloaded, it stands before epoll_wait and epoll_pwait.
//
//     LD_PRELOAD=epoll_shim.so EPOLL_SHIM_FILE=calls.bin EPOLL_SHIM_CALLS=1000000 program
//
// The file is a mapping that outlives a killed program:
//
//     | calls (8 bytes) | capacity (8 bytes) | 48 spare | Call 0 | Call 1 | ...
//
// `calls` counts on beyond the capacity, so that a reader sees what did not fit. A call that never returned
// has after_ns 0. Both clocks are noted, so that a trace of either compares without conversion.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct Call {
  uint32_t thread_id;
  int32_t epoll_fd;
  int32_t timeout_ms;
  int32_t result;  // events, or -1
  int32_t error;   // errno if result is -1
  uint32_t most_events;
  uint64_t before_ns, after_ns;
  uint64_t before_tsc, after_tsc;
};

struct Log {
  _Atomic uint64_t calls;
  uint64_t capacity;
  uint64_t spare[6];
  struct Call call[];
};

static struct Log* calls_log;
static int (*real_epoll_wait)(int, struct epoll_event*, int, int);
static int (*real_epoll_pwait)(int, struct epoll_event*, int, int, const sigset_t*);

static uint64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t time_stamp_counter(void) {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return 0;
#endif
}

__attribute__((constructor)) static void open_log(void) {
  *(void**)&real_epoll_wait = dlsym(RTLD_NEXT, "epoll_wait");
  *(void**)&real_epoll_pwait = dlsym(RTLD_NEXT, "epoll_pwait");
  const char* path = getenv("EPOLL_SHIM_FILE");
  const char* capacity_text = getenv("EPOLL_SHIM_CALLS");
  if (path == NULL || capacity_text == NULL)
    return;
  const uint64_t capacity = strtoull(capacity_text, NULL, 10);
  const size_t size = sizeof(struct Log) + capacity * sizeof(struct Call);
  const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return;  // a child of the program that is watched: the log is its parent's
  if (ftruncate(fd, (off_t)size) == 0) {
    void* mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED) {
      calls_log = mapped;
      calls_log->capacity = capacity;
    }
  }
  close(fd);
}

static struct Call* begin_call(int epoll_fd, int most_events, int timeout_ms) {
  if (calls_log == NULL)
    return NULL;
  const uint64_t number = atomic_fetch_add(&calls_log->calls, 1);
  if (number >= calls_log->capacity)
    return NULL;
  struct Call* call = &calls_log->call[number];
  call->thread_id = (uint32_t)syscall(SYS_gettid);
  call->epoll_fd = epoll_fd;
  call->timeout_ms = timeout_ms;
  call->most_events = (uint32_t)most_events;
  call->before_ns = monotonic_ns();
  call->before_tsc = time_stamp_counter();
  return call;
}

static int end_call(struct Call* call, int result) {
  const int error = errno;
  if (call != NULL) {
    call->after_tsc = time_stamp_counter();
    call->result = result;
    call->error = result < 0 ? error : 0;
    call->after_ns = monotonic_ns();
  }
  errno = error;
  return result;
}

int epoll_wait(int epoll_fd, struct epoll_event* events, int most_events, int timeout_ms) {
  struct Call* call = begin_call(epoll_fd, most_events, timeout_ms);
  return end_call(call, real_epoll_wait(epoll_fd, events, most_events, timeout_ms));
}

int epoll_pwait(int epoll_fd, struct epoll_event* events, int most_events, int timeout_ms,
                const sigset_t* signals) {
  struct Call* call = begin_call(epoll_fd, most_events, timeout_ms);
  return end_call(call, real_epoll_pwait(epoll_fd, events, most_events, timeout_ms, signals));
}
