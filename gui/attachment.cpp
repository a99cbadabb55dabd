#include "gui/attachment.h"

#include <algorithm>

#include "gui/model/window_title.h"
#include "tracer/read/printable.h"
#include "tracer/read/session_list.h"

namespace loopscope::gui {

std::string Attachment::attach(const std::string& path) {
  auto opened = tracer::Session::open(path);
  message_ = opened.session ? "" : opened.message;
  if (!opened.session)
    return message_;
  path_ = opened.session->path();
  title_ = window_title(tracer::printable(opened.session->header().program), opened.session->header().pid);
  reader_.reset();  // gives its lease back before the next session takes one
  reader_ = std::make_unique<Reader>(std::make_unique<TraceSource>(std::move(opened.session), level_));
  return {};
}

bool Attachment::open_chosen() {
  const auto path = std::exchange(chosen_, std::nullopt);
  return path && attach(*path).empty();
}

bool Attachment::attach_to_the_only_one(double seconds) {
  if (attached() || (looked_ >= 0 && seconds - looked_ < 0.5))
    return false;
  looked_ = seconds;
  std::string error;
  const auto entries = tracer::list_sessions(error);
  const auto lives = [](const tracer::SessionEntry& entry) { return entry.alive && entry.readable; };
  if (std::count_if(entries.begin(), entries.end(), lives) != 1)
    return false;
  return attach(std::find_if(entries.begin(), entries.end(), lives)->path).empty();
}

}  // namespace loopscope::gui
