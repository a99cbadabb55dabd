#include "tests/gui/synthetic_session.h"

#include <time.h>

#include <algorithm>
#include <utility>

#include "tracer/system/clock.h"

namespace loopscope::testing {

using tracer::CallbackKind;
using tracer::NameId;
using tracer::Phase;
using tracer::PollReason;

namespace {

enum Function : std::size_t {
  data_received,
  serve_client,
  broadcast,
  heartbeat,
  render_report,
  connection_made,
  wakeup,
  health_check,
  resize_avatar,
  kFunctions
};

struct Written {
  const char* name;
  const char* file;
  std::uint32_t line;
};
constexpr Written kNames[kFunctions] = {
    {"Client.data_received", "/home/ada/chat/chat.py", 112},
    {"serve_client", "/home/ada/chat/chat.py", 71},
    {"broadcast", "/home/ada/chat/chat.py", 96},
    {"heartbeat", "/home/ada/chat/chat.py", 41},
    {"render_report", "/home/ada/chat/report.py", 88},
    {"Server.connection_made", "/home/ada/chat/chat.py", 58},
    {"Future._wakeup", "", 0},
    {"health_check", "/home/ada/chat/health.py", 19},
    {"resize_avatar", "/home/ada/chat/images.py", 20},
};

std::int64_t clock_ns() {
  return static_cast<std::int64_t>(tracer::monotonic_ns());
}

void spin(std::int64_t ns) {
  for (const std::int64_t end = clock_ns() + ns; clock_ns() < end;) {
  }
}

void sleep_for(std::int64_t ns) {
  if (ns <= 0)
    return;
  timespec span{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  nanosleep(&span, nullptr);
}

}  // namespace

std::unique_ptr<SyntheticSession> SyntheticSession::create(const SyntheticOptions& options, std::string& error) {
  tracer::SessionFacts facts;
  facts.libuv_version = "1.44.2";
  facts.python_version = "3.11.2";
  facts.program = "python3 -m loopscope run /home/ada/chat/chat_server.py --port 8888";
  facts.directory = options.directory;
  auto session = tracer::WritableSession::create(facts, error);
  if (!session)
    return nullptr;
  std::unique_ptr<SyntheticSession> made(new SyntheticSession(options));
  made->path_ = session->path();
  made->recorder_ = tracer::Recorder(std::move(session), options.level);
  made->name_all();
  made->recorder_.loop_start();
  for (int i = 0; i < options.clients; ++i) {
    made->sockets_.push_back(
        made->recorder_.handle_opened(tracer::HandleKind::tcp, made->names_[serve_client], 10 + i));
  }
  made->recorder_.handle_opened(tracer::HandleKind::listener, made->names_[connection_made], 6);
  for (std::uint64_t task = 1; task <= 5; ++task) made->recorder_.task_created(made->names_[serve_client], task);
  made->next_heartbeat_ns_ = clock_ns() + 12'000'000;
  made->next_block_ns_ = clock_ns() + options.blocking_every_ns / 3;
  return made;
}

void SyntheticSession::name_all() {
  static const std::string kLong(200, 'x');
  for (const Written& written : kNames) {
    std::string name = written.name;
    if (options_.long_names)
      name = "a_package_with_a_long_name.AVeryLongClassNameThatSaysEverything." + name + kLong;
    names_.push_back(recorder_.intern(&written, name, written.file, written.line));
  }
}

void SyntheticSession::run(std::int64_t duration_ns) {
  const std::int64_t end = clock_ns() + duration_ns;
  while (clock_ns() < end) {
    if (options_.iteration_limit != 0 && iterations_ >= options_.iteration_limit) {
      sleep_for(std::min<std::int64_t>(end - clock_ns(), 50'000'000));
      continue;
    }
    iterate();
  }
}

void SyntheticSession::hang() {
  recorder_.phase_begin(Phase::idle, 1);
  recorder_.callback_begin(CallbackKind::task_step, names_[render_report], recorder_.ticks(), 0, 50);
}

void SyntheticSession::end_hang() {
  recorder_.callback_end();
  recorder_.phase_end(1);
}

void SyntheticSession::iterate() {
  run_timers();
  run_ready();
  recorder_.prepare_begin();
  ++iterations_;
  const auto mean = static_cast<std::int64_t>(1e9 / options_.iterations_per_s);
  poll(ready_.empty() ? around(mean) : 0);
}

void SyntheticSession::call(CallbackKind kind, NameId name, std::uint64_t ready, bool ready_is_ns,
                            std::uint64_t object, std::int64_t work_ns) {
  recorder_.callback_begin(kind, name, ready, ready_is_ns ? tracer::kReadyIsNs : std::uint8_t{0}, object);
  spin(work_ns);
  recorder_.callback_end();
}

void SyntheticSession::run_timers() {
  if (clock_ns() < next_heartbeat_ns_)
    return;
  recorder_.phase_begin(Phase::timers, 1);
  recorder_.timer_fired(names_[heartbeat], timer_id_, static_cast<std::uint64_t>(next_heartbeat_ns_),
                        recorder_.ticks());
  call(CallbackKind::timer, names_[heartbeat], static_cast<std::uint64_t>(next_heartbeat_ns_), true, timer_id_,
       around(9'000));
  next_heartbeat_ns_ = clock_ns() + 25'000'000;
  recorder_.timer_set(names_[heartbeat], ++timer_id_, static_cast<std::uint64_t>(next_heartbeat_ns_));
  ready_.push_back({CallbackKind::task_step, names_[health_check], recorder_.ticks(), 40, around(12'000)});
  recorder_.phase_end(1);
}

void SyntheticSession::run_ready() {
  if (ready_.empty())
    return;
  const std::vector<Ready> batch = std::exchange(ready_, {});
  recorder_.phase_begin(Phase::idle, batch.size());
  for (const Ready& ready : batch) {
    call(ready.kind, ready.name, ready.ticks, false, ready.object, ready.work_ns);
    if (ready.name == names_[broadcast]) {
      for (const std::uint64_t socket : sockets_)
        recorder_.bytes_written(socket, 400 + static_cast<std::uint64_t>(chance() * 900));
    }
  }
  recorder_.phase_end(batch.size());
}

void SyntheticSession::poll(std::int64_t sleep_ns) {
  tracer::Recorder::Poll decision{};
  decision.timers_pending = 1;
  decision.next_timer_ns = static_cast<std::uint64_t>(next_heartbeat_ns_);
  decision.ready_depth = ready_.size();
  if (!ready_.empty()) {
    decision.reason = PollReason::ready_callbacks;
    decision.culprit = ready_.front().name;
  } else {
    const std::int64_t until = next_heartbeat_ns_ - clock_ns();
    decision.reason = until > 0 ? PollReason::until_timer : PollReason::timer_due;
    decision.culprit = names_[heartbeat];
    decision.timeout_ms = static_cast<std::int32_t>(std::max<std::int64_t>((until + 999'999) / 1'000'000, 0));
    sleep_ns = std::min(sleep_ns, std::max<std::int64_t>(until, 0));
  }
  recorder_.poll_begin(decision);
  const bool sleeps = decision.timeout_ms != 0;
  if (sleeps)
    sleep_for(sleep_ns);
  const std::uint64_t woke = recorder_.ticks();
  std::uint64_t gil_wait = 0;
  if (sleeps) {
    spin(chance() < options_.gil_wait_share ? around(700'000) : 300);
    gil_wait = recorder_.ticks() - woke;
  }
  recorder_.poll_wake(woke, gil_wait, sleeps);
  const int events = static_cast<int>(chance() * options_.callbacks_per_iteration) + 1;
  for (int i = 0; i < events; ++i) {
    const auto client = static_cast<std::size_t>(chance() * static_cast<double>(sockets_.size()));
    recorder_.bytes_read(sockets_[client], 60 + static_cast<std::uint64_t>(chance() * 300));
    call(CallbackKind::data_received, names_[data_received], woke, false, sockets_[client], around(4'000));
    ready_.push_back(
        {CallbackKind::task_step, names_[serve_client], recorder_.ticks(), 1 + client % 5, around(6'000)});
  }
  if (chance() < 0.2)
    ready_.push_back({CallbackKind::task_step, names_[broadcast], recorder_.ticks(), 30, around(45'000)});
  if (chance() < 0.3)
    ready_.push_back({CallbackKind::soon, names_[wakeup], recorder_.ticks(), 0, around(900)});
  if (options_.blocking_ns > 0 && clock_ns() > next_block_ns_) {
    next_block_ns_ = clock_ns() + options_.blocking_every_ns;
    ready_.insert(ready_.begin(),
                  {CallbackKind::task_step, names_[render_report], recorder_.ticks(), 50, options_.blocking_ns});
  }
  recorder_.poll_end(static_cast<std::uint64_t>(events));
}

}  // namespace loopscope::testing
