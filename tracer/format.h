#pragma once
/// The bytes of a trace, on which its writing and its reading side agree.
///
/// A *session* is one file in memory (tmpfs), one per event loop. It holds, in this order:
///
///     offset 0                                                                        session.size_bytes
///     +---------------+---------+----------+---------+----------+----------+-----------------+----------+
///     | SessionHeader | Present | Track-   | Count-  | Control  | slots    | track: the loop | track:   |
///     | who, layout,  | what is | Counts   | ers     | what     | handles, | names, and the  | the      |
///     | clock anchors | now     | of each  | totals  | viewers  | tasks    | ring: what      | watchdog |
///     | (2048 bytes)  |         | track    | so far  | ask for  |          | happened        |          |
///     +---------------+---------+----------+---------+----------+----------+-----------------+----------+
///
/// A *track* is a ring of events and the table of the names that they use. Each has exactly one writer. Readers merge tracks by
/// time. Slots, names and rings take their memory as they are used. Counters and TrackCounts say how much of each is there. The
/// rest of the file is a hole, which readers do not touch.
///
/// There are two kinds of memory. A ring holds history and may lose it. Everything before the tracks holds the present
/// and loses nothing. Losing history must not corrupt the present.
///
/// Threads: one writer a track. The loop's track, the present, the slots and the counters are written by the loop's thread
///   (bindings: whoever holds the GIL). Any number of readers in other processes; they write only to `Control`.
/// Units: `*_ticks` is the session's clock (see `ClockSource`), `*_ns` is CLOCK_MONOTONIC.
/// Bytes: little-endian, fixed widths, no pointers. Memory that is shared while it may change is accessed as relaxed
///   atomic words. docs/trace_format.md describes the same bytes for people.
///
/// Memory order (Boehm, "Can seqlocks get along with programming language memory models?", 2012):
///   writer  fence(release); four relaxed stores to slot n % length; head.store(n+1, release)
///   reader  h = head.load(acquire); copy words relaxed; fence(acquire); h2 = head.load(relaxed);
///           the copy of position p is valid if p + length > h2 (the slot of h2 may be half written);
///           length is the number of events that fit into TrackCounts::ring_ready_bytes, read after h2.
///
/// Any change to these bytes raises kFormatVersion. A reader refuses other versions and names both. A new type of event
/// does not raise it: readers pass on events that they do not know. Nor does a reserved word that gets a meaning in which 0 says that
/// it is not known.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace loopscope::tracer {

inline constexpr char kMagic[8] = {'l', 'o', 'o', 'p', 's', 'c', 'o', 'p'};
inline constexpr std::uint32_t kFormatVersion = 3;

/// How much is recorded. Each level includes the ones before it.
enum class Level : std::uint8_t {
  off = 0,     ///< one branch per event
  phases = 1,  ///< iterations, phases, polls with reason; counters
  callbacks =
      2,  ///< every callback with name and t_ready, timers, bytes, watched descriptors, jobs of the thread pool
  tasks = 3,  ///< tasks, where each of their steps stops and what for, and who queued whom
};

/// The phases of one iteration. SessionHeader::phase_order has their order.
enum class Phase : std::uint8_t {
  none = 0,  ///< outside of the loop: before it starts, after it stops, between two runs
  timers = 1,
  pending = 2,  ///< libuv's deferred callbacks; this loop never causes any, so it is always empty
  idle = 3,     ///< the ready queue runs here
  prepare = 4,
  poll = 5,
  check = 6,
  closing = 7,
};
inline constexpr std::size_t kPhaseCount = 8;

/// Why the poll may sleep as long as it may.
enum class PollReason : std::uint8_t {
  unknown = 0,
  stopping = 1,             ///< 0: stop() was called
  closing_handles = 2,      ///< 0: handles wait for their closing callback
  ready_callbacks = 3,      ///< 0: the ready queue is not empty
  nothing_to_wait_for = 4,  ///< 0: no handle keeps the loop alive
  timer_due = 5,            ///< 0: the next timer's time has come
  until_timer = 6,          ///< n ms: until the next timer
  forever = 7,              ///< -1: only I/O, a signal or call_soon_threadsafe() ends it
  not_waiting = 8,          ///< 0: the caller asked for one pass that does not wait
};

/// What a callback is to asyncio.
enum class CallbackKind : std::uint8_t {
  unknown = 0,
  soon = 1,        ///< call_soon
  threadsafe = 2,  ///< call_soon_threadsafe
  timer = 3,       ///< call_later, call_at
  task_step = 4,   ///< a step of a task
  reader = 5,      ///< add_reader
  writer = 6,      ///< add_writer
  signal = 7,      ///< add_signal_handler
  accept = 8,      ///< a listener took a connection
  connection_made = 9,
  data_received = 10,
  buffer_updated = 11,
  eof_received = 12,
  connection_lost = 13,
  pause_writing = 14,
  resume_writing = 15,
  datagram_received = 16,
  error_received = 17,
  future_done = 18,  ///< a done callback of one of CPython's own futures: queued with the future as its argument
  internal = 19,     ///< the loop's own
};

enum class HandleKind : std::uint8_t {
  unknown = 0,
  watcher = 1,  ///< add_reader / add_writer on a file descriptor
  tcp = 2,
  unix_stream = 3,
  listener = 4,
  udp = 5,
  pipe = 6,
  process = 7,
  wakeup = 8,  ///< the loop's own wake-up
};

enum class EventType : std::uint8_t {
  none = 0,            // the lines below name an event's fields; all others are 0
  loop_start = 1,      // a = thread id
  loop_stop = 2,       //
  phase_begin = 3,     // phase; a = callbacks waiting (idle), timers due (timers), handles closing (closing)
  phase_end = 4,       // phase; a = callbacks run
  poll_begin = 5,      // kind = PollReason; name = culprit; a = iteration; b = timeout_ms (low 32, signed),
                       //   ticks spent in prepare (high 32)
  poll_wake = 6,       // a = ticks waited for the GIL; b = 1 if the loop had released the GIL to sleep
  poll_end = 7,        // a = I/O events handled; b = iteration
  callback_begin = 8,  // kind = CallbackKind; name; a = t_ready (ticks, or ns with kReadyIsNs); b = id of its task
  //   (task_step), timer (timer) or handle (all others that have one). With kFromQueue it was the first in
  //   the ready queue
  callback_end = 9,      // kind, name as in callback_begin; b = object id
  timer_set = 10,        // name; a = timer id; b = due_ns
  timer_fired = 11,      // name; a = timer id; b = due_ns. It moved to the ready queue or runs next
  timer_cancelled = 12,  // name; a = timer id
  handle_opened = 13,    // kind = HandleKind; name = what it serves; a = handle id; b = file descriptor
  handle_closed = 14,    // kind = HandleKind; a = handle id
  bytes_read = 15,       // a = handle id; b = bytes
  bytes_written = 16,    // a = handle id; b = bytes
  task_created =
      17,          // kind = TaskStart; name = coroutine; a = task id, which no other task gets; b = its address,
                   //   which its steps carry below level tasks, or 0
  task_done = 18,  // kind = TaskEnd; name = coroutine; a = task id
  wakeup = 19,     // call_soon_threadsafe() woke the poll
  level_changed = 20,  // kind = the new Level; a = pid of the viewer that asked, 0 for the program itself
  clock_anchor = 21,   // a = CLOCK_MONOTONIC ns at the event's ticks: about one a second while the loop turns
  queued =
      22,  // joined the ready queue. kind = CallbackKind; name; a = its number, one more than the one before it;
           //   b = id as in callback_begin. The callback that is open queued it, or nobody is known
  unqueued = 23,  // kind = Unqueued; a = the number. Left the ready queue without a callback_begin with kFromQueue
  step_stopped =
      24,  // where the step that runs stops; its callback_end follows. kind = AwaitKind; name = the frame in which
           //   the task stands; a = task id; b = id of what it waits for, or 0
  task_named = 25,     // name = the task's own name, kNoName if it is asyncio's "Task-n"; a = task id; b = n
  watch_changed = 26,  // kind = kWatches bits; b = file descriptor; a = id of its handle, or 0: the open one
                       //   with that descriptor
  gc_begin = 27,       // kind = generation
  gc_end = 28,         // kind = generation; a = objects collected; b = objects found uncollectable
  job_queued = 29,     // kind = JobKind; name = the function; a = job id. Given to a thread pool
  job_begun = 30,      // name = the worker thread's; a = job id
  job_ended = 31,      // kind = JobEnd; a = job id
  mark = 32,  // name = what the program says; a = name of its details, or 0; b = id of the task that says it, or 0
  span_begin = 33,   // name = what the program says; a = span id; b = name of its details, or 0
  span_end = 34,     // name; a = span id
  pause_begin = 35,  // kind = why the loop was paused. What follows until pause_end is not the program's own time
  pause_end = 36,    // kind
  handle_closing =
      37,  // a = id of its handle, or 0 if it has none; b = file descriptor. libuv was told to close it. Its
           //   closing callback comes in the closing phase

  // The watchdog's, about what is open in the loop's thread. a = its begin (ticks), as the loop's own event or Present has it, in
  // each of them: it says which stall they are about
  stall_begin =
      38,  // kind = StallKind; phase; b = ticks of the watchdog's look before. Open for longer than the threshold
  stall_sample =
      39,  // kind = ThreadDoing; flags; name = innermost frame of a stack, kNoName if none was read; b = kernel's
           //   id of the thread whose stack it is, 0: not known. Mostly the loop's; the one that holds the GIL, if
           //   the loop's waits for it
  stall_times =
      40,  // of the loop's thread, up to this look; with kLookBefore: up to the one that stall_begin names. name = the
           //   system call that it sits in; b = CPU time (ns). phase and kind are 0
  stall_delay =
      41,  // flags as stall_times, which it follows; b = time for which it was ready to run without a CPU (ns)
  stall_end = 42,  // kind, phase as in stall_begin; b = ticks: it was over by then
};

/// What is open for too long.
enum class StallKind : std::uint8_t {
  callback = 0,  ///< the outermost callback
  phase = 1,     ///< a phase, where callbacks are not recorded; of a poll: what follows the kernel's answer
  gil_wait = 2,  ///< the poll is over, and the thread waits for the GIL
};

/// What a thread does, as far as the kernel and the interpreter tell.
enum class ThreadDoing : std::uint8_t {
  unknown = 0,
  on_cpu = 1,
  waiting_for_cpu = 2,  ///< it is ready to run, and others run
  waiting_for_gil = 3,
  in_system_call = 4,  ///< it sleeps in the kernel; stall_times has which call, if it is known
  collecting = 5,      ///< on a CPU, and the garbage collector runs
};

/// How a callback left the ready queue without an event of its own.
enum class Unqueued : std::uint8_t {
  cancelled = 0,  ///< it did not run
  runs = 1,       ///< it runs now, and records itself what it calls
  cleared = 2,    ///< the loop was closed, or the program emptied its queue: this one and all others
};

/// What a task waits for where its step stops.
enum class AwaitKind : std::uint8_t {
  nothing = 0,  ///< the task is done
  unknown = 1,  ///< something that nobody here can name
  again = 2,    ///< only for its next turn: a bare yield, as in sleep(0)
  future = 3,
  task = 4,    ///< b = its id, if it is followed
  gather = 5,  ///< the future of an asyncio.gather()
  sleep = 6,   ///< b = the timer's id
  job = 7,     ///< of a thread pool; b = its id
  handle = 8,  ///< bytes, or a connection; b = the handle's id
};

/// Who asked for a job of the thread pool.
enum class JobKind : std::uint8_t {
  executor = 0,  ///< run_in_executor(), and what is built on it
  lookup = 1,    ///< getaddrinfo() or getnameinfo()
};
enum class JobEnd : std::uint8_t {
  returned = 0,
  raised = 1,
  cancelled = 2,  ///< before a worker took it
};

/// watch_changed.kind: what the kernel is asked about a descriptor. 0: nothing.
inline constexpr std::uint8_t kWatchesRead = 1;
inline constexpr std::uint8_t kWatchesWrite = 2;

/// How a task came into the trace.
enum class TaskStart : std::uint8_t {
  created = 0,  ///< it was made just now
  noticed = 1,  ///< it was there before the trace followed tasks, or may have been
};

/// How a task ended.
enum class TaskEnd : std::uint8_t {
  done = 0,       ///< with a result, an exception, or cancelled
  destroyed = 1,  ///< while it was pending, because nobody held it any more
};

/// Event::flags
inline constexpr std::uint8_t kReadyIsNs = 1;  ///< callback_begin.a is CLOCK_MONOTONIC ns (a timer's due time)
inline constexpr std::uint8_t kFromQueue = 2;  ///< callback_begin: it was the first in the ready queue
inline constexpr std::uint8_t kOtherThread =
    4;  ///< not by the loop's thread, or not while the loop runs: no open callback caused it
inline constexpr std::uint8_t kNoticed =
    8;  ///< queued, timer_set, watch_changed: it was so before this was recorded
inline constexpr std::uint8_t kStackCut = 16;  ///< stall_sample: more frames called these, and were not read
inline constexpr std::uint8_t kStackTorn =
    32;  ///< stall_sample: it changed under each try to read it, so there is none
inline constexpr std::uint8_t kHoldsGil = 64;     ///< stall_sample: the loop's thread holds the GIL
inline constexpr std::uint8_t kLookBefore = 128;  ///< stall_times, stall_delay

/// One event: half a cache line.
///
///     byte  0        8     9      10    11     12     16        24        32
///           | ticks  | type | phase | kind | flags | name |    a    |    b    |
struct Event {
  std::uint64_t ticks;
  EventType type;
  Phase phase;  ///< in which it happened
  std::uint8_t kind;
  std::uint8_t flags;
  std::uint32_t name;  ///< a NameId, 0 if none
  std::uint64_t a;
  std::uint64_t b;
};

/// The number of a name: its offset (see tracer/name_layout.h) / 8. A session never gives a number to a second name.
using NameId = std::uint32_t;
inline constexpr NameId kNoName = 0;

/// An entry of the name table, 8-byte aligned. Name and file follow it (UTF-8, no terminator). It is complete and immutable
/// once TrackCounts::names_used_bytes covers it, until TrackCounts::names_gone_bytes covers it, too: then its place is used again.
///
/// An entry with file_bytes = kIsFrame is a *frame*: a FrameLinks follows it instead. A frame and those that it names as its
/// callers are a stack, or a chain of coroutines that await each other. Equal stacks are written once.
struct NameEntry {
  std::uint32_t
      line;  ///< first line of the function, 0 if it has none (written in C); of a frame: where it stands
  std::uint16_t name_bytes;  ///< at most kMaxNameBytes
  std::uint16_t file_bytes;  ///< at most kMaxFileBytes, or kIsFrame
};
inline constexpr std::size_t kMaxNameBytes = 256;
inline constexpr std::size_t kMaxFileBytes = 1024;
inline constexpr std::uint16_t kIsFrame = 0xFFFF;
struct FrameLinks {
  NameId
      caller;  ///< the frame that called this one or awaits it, always an earlier entry; kNoName: it is the outermost
  NameId function;
};

enum class ClockSource : std::uint8_t {
  monotonic = 0,  ///< ticks are CLOCK_MONOTONIC ns
  tsc = 1,        ///< ticks are the CPU's invariant time stamp counter; anchors give the rate
};

/// The same instant on both clocks.
struct ClockAnchor {
  std::uint64_t ticks;
  std::uint64_t monotonic_ns;
};

/// Who writes a track.
enum class Track : std::uint8_t {
  loop = 0,      ///< the loop's thread
  watchdog = 1,  ///< the thread that looks at the loop's while a callback runs long
};
inline constexpr std::size_t kTrackCount = 2;

struct TrackLayout {
  std::uint64_t counts_offset;
  std::uint64_t names_offset;
  std::uint64_t names_bytes;
  std::uint64_t ring_offset;
  std::uint64_t ring_events;  ///< the most it may hold, a power of two; see TrackCounts::ring_ready_bytes
};

struct SessionHeader {
  char magic[8];
  std::uint32_t format_version;  ///< written last: the file is valid from then on
  std::uint32_t header_bytes;

  std::uint64_t size_bytes;  ///< of the whole file
  std::uint64_t present_offset;
  std::uint64_t counters_offset;
  std::uint64_t control_offset;
  std::uint64_t handle_slots_offset;
  std::uint64_t handle_slot_count;
  std::uint64_t task_slots_offset;
  std::uint64_t task_slot_count;
  TrackLayout tracks[kTrackCount];  ///< by Track

  std::uint32_t pid;
  std::uint32_t loop_number;          ///< 1 for the first loop of the process
  std::uint64_t process_start_ticks;  ///< field 22 of /proc/PID/stat: not the same if a pid is reused
  std::uint64_t created_monotonic_ns;
  std::uint64_t created_realtime_ns;  ///< CLOCK_REALTIME at the same instant
  char boot_id[40];                   ///< /proc/sys/kernel/random/boot_id: clocks can be compared within one boot

  ClockSource clock_source;
  std::uint8_t phase_order[7];  ///< Phase values of one iteration, in the order of the libuv in use
  ClockAnchor anchor_first;

  char libuv_version[16];
  char python_version[16];
  char program[1024];  ///< command line, arguments joined by spaces, UTF-8, cut to fit

  std::uint64_t pid_namespace;  ///< inode of /proc/self/ns/pid: `pid` is valid only there. 0: not known
  std::uint8_t locked;          ///< 1: the program holds a lock on the first byte while it maps the file
  char reserved[727];
};
static_assert(sizeof(Event) == 32);
static_assert(sizeof(NameEntry) == 8);

/// What is happening now. The loop writes it under the sequence lock `sequence` (odd while it writes).
struct Present {
  std::uint32_t sequence;
  Phase phase;
  Level level;
  std::uint8_t running;  ///< 1 while run_forever() runs
  PollReason poll_reason;
  std::uint64_t phase_since_ticks;
  std::uint64_t iteration;
  std::int32_t poll_timeout_ms;  ///< of the latest poll
  NameId poll_culprit;
  std::uint64_t poll_begin_ticks;
  NameId callback_name;  ///< of the innermost callback that runs now; kNoName if none
  CallbackKind callback_kind;
  std::uint8_t callback_depth;  ///< 0 while none runs
  std::uint8_t ended;           ///< 1 once the session was closed in order and its file removed
  std::uint8_t reserved8;
  std::uint64_t callback_since_ticks;  ///< this and callback_object mean nothing while no callback runs
  std::uint64_t callback_object;       ///< its task, timer or handle
  std::uint64_t ready_depth;           ///< callbacks in the ready queue, as of the latest phase boundary
  std::uint64_t timers_pending;        ///< as of the latest poll
  std::uint64_t next_timer_ns;         ///< due time of the first one, likewise; 0 if none, or not known
  ClockAnchor anchor_last;             ///< renewed about once a second while the loop turns
  Level own_level;                     ///< what the program itself wants; viewers may have raised `level` above it
  std::uint8_t reserved_state[7];
  std::uint64_t loop_thread;  ///< kernel's id of the thread that runs the loop, or ran it last; 0: not known
  // Each of these three is a word of its own, written without the lock.
  std::uint64_t poll_back_ticks;     ///< when the kernel last came back from a poll; then the GIL is waited for
  std::uint64_t poll_awake_ticks;    ///< when the thread had the GIL again
  std::uint64_t outer_since_ticks;   ///< of the outermost callback, if callback_depth is above 1
  std::uint64_t stall_threshold_ns;  ///< the program's own; 0: nobody watches for stalls
  std::uint64_t reserved[2];
};

/// How far a track is.
struct TrackCounts {
  std::uint64_t head;              ///< position of the next event: events written so far
  std::uint64_t pad[7];            ///< readers that poll head do not touch the cache line of the other counts
  std::uint64_t names_used_bytes;  ///< release/acquire: entries at offsets below it are complete
  std::uint64_t names_gone_bytes;  ///< names at offsets below it that are not kept are gone
  std::uint64_t names_lost;        ///< functions and frames that found no room in the name table
  /// How much of these parts has memory. Grows, release/acquire. The ring is as long as its memory. It grows before its
  /// events fill it. Once they have filled it, it has that length for good.
  std::uint64_t ring_ready_bytes;
  std::uint64_t names_ready_bytes;
  std::uint64_t reserved[3];
};

/// Totals since the session began. Each is a relaxed word of its own. Together they are no snapshot.
struct Counters {
  std::uint64_t iterations;
  std::uint64_t io_events;
  std::uint64_t callbacks;
  std::uint64_t bytes_read;
  std::uint64_t bytes_written;
  std::uint64_t timers_set;
  std::uint64_t timers_fired;
  std::uint64_t timers_cancelled;
  std::uint64_t handles_opened;
  std::uint64_t handles_closed;
  std::uint64_t tasks_created;
  std::uint64_t tasks_done;
  std::uint64_t poll_sleep_ticks;  ///< in polls that may sleep
  std::uint64_t gil_wait_ticks;
  std::uint64_t slots_lost;                ///< handles and tasks that found no slot
  std::uint64_t tasks_live;                ///< tasks that the trace follows now, with a slot or without
  std::uint64_t tasks_destroyed;           ///< the part of tasks_done that was destroyed while pending
  std::uint64_t handle_slots_ready_bytes;  ///< as TrackCounts::ring_ready_bytes
  std::uint64_t task_slots_ready_bytes;
  std::uint64_t memory_refused;  ///< parts for which a full file system gave no more memory; they keep their size
  std::uint64_t reserved[4];
};

/// A viewer's lease. While its heartbeat is younger than kLeaseTimeoutNs the loop records at least its level.
/// viewer_pid and level are always accessed as one 8-byte word.
struct Lease {
  std::uint32_t viewer_pid;    ///< 0: free. Viewers change it under a file lock on Control
  std::uint32_t level;         ///< the least Level the viewer wants
  std::uint64_t heartbeat_ns;  ///< renewed by the viewer at least every 250 ms
};
inline constexpr std::size_t kLeaseCount = 8;
inline constexpr std::uint64_t kLeaseTimeoutNs = 1'000'000'000;

/// What viewers ask for. The loop looks at it once an iteration and never waits for it.
struct Control {
  std::uint64_t lease_change;  ///< viewers raise it by one whenever they take, change or give back a lease
  std::uint64_t pad[7];
  Lease leases[kLeaseCount];
  std::uint64_t stall_threshold_ns;  ///< what a viewer wants instead of the program's own. 0: nothing
  std::uint64_t reserved[7];
};

/// An open handle. Free if id is 0. Readers copy a slot, then check that id is unchanged.
struct HandleSlot {
  std::uint64_t id;
  std::uint64_t since_ticks;
  NameId name;  ///< what it serves
  HandleKind kind;
  std::uint8_t interest;  ///< kWatchesRead, kWatchesWrite; as of the latest watch_changed
  std::uint8_t pad[2];
  std::int64_t fd;
};

/// A live task.
struct TaskSlot {
  std::uint64_t id;
  std::uint64_t since_ticks;
  NameId name;        ///< its coroutine's
  NameId given_name;  ///< as in task_named
  std::uint64_t number;
  /// Where its latest step stopped, as in step_stopped. stopped_ticks is 0 before its first step.
  std::uint64_t stopped_ticks;
  std::uint64_t awaited;
  NameId frame;
  AwaitKind await_kind;
  std::uint8_t pad[3];
  std::uint64_t reserved;
};

static_assert(sizeof(SessionHeader) == 2048);
static_assert(sizeof(Present) % 8 == 0);
static_assert(sizeof(Lease) == 16);
static_assert(sizeof(TrackCounts) == 128);
static_assert(sizeof(HandleSlot) == 32);
static_assert(sizeof(TaskSlot) == 64);
static_assert(std::is_trivially_copyable_v<SessionHeader>);
static_assert(std::is_trivially_copyable_v<Present>);
static_assert(std::is_trivially_copyable_v<Counters>);

/// Defaults of the layout. A session's header has its real sizes.
inline constexpr std::uint64_t kDefaultRingEvents = 1U << 18U;  // 8 MiB
inline constexpr std::uint64_t kDefaultNamesBytes = 1U << 20U;
inline constexpr std::uint64_t kWatchdogRingEvents = 1U << 14U;
inline constexpr std::uint64_t kWatchdogNamesBytes = 1U << 19U;
inline constexpr std::uint64_t kDefaultSlotCount = 1U << 14U;

/// The most events that a program may ask for: a ring of 512 MiB.
inline constexpr std::uint64_t kMostRingEvents = 1U << 24U;
/// The largest session that a program makes: everything but the loop's ring has its default size. What stands before the slots takes
/// less than a page. Readers refuse a file that says it is larger, whoever made it.
inline constexpr std::uint64_t kMostSessionBytes =
    4096 + kDefaultSlotCount * (sizeof(HandleSlot) + sizeof(TaskSlot)) + kWatchdogNamesBytes + kDefaultNamesBytes +
    (kWatchdogRingEvents + kMostRingEvents) * sizeof(Event);

}  // namespace loopscope::tracer
