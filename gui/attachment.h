#pragma once
/// Which session the app is attached to, and the Reader that reads it.
///
/// A session that the user picks is opened between frames, because drawing a frame uses the one that is attached.
/// Thread: the one that draws. Owner: of the Reader. Errors: attach() answers a sentence for the user, and message() keeps it.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gui/model/reader.h"

namespace loopscope::gui {

class Attachment {
 public:
  /// `level`: the level to ask a program for; off: ask for nothing.
  explicit Attachment(tracer::Level level) : level_(level) {}

  /// Empty on success. The session before is kept if this one cannot be opened.
  std::string attach(const std::string& path);
  /// For open_chosen() to attach to. No path takes an earlier choice back.
  void choose(std::optional<std::string> path) { chosen_ = std::move(path); }
  [[nodiscard]] bool has_choice() const { return chosen_.has_value(); }
  /// True if there was a choice and it is attached now.
  bool open_chosen();
  /// Before the user has seen any session: attaches to the only live one as soon as there is one. True if it has done so now.
  /// `seconds`: a clock; it looks twice a second.
  bool attach_to_the_only_one(double seconds);

  [[nodiscard]] bool attached() const { return reader_ != nullptr; }
  /// Only while attached.
  [[nodiscard]] Reader::Look look() { return reader_->look(); }
  /// Of the attached session; empty if there is none.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& title() const { return title_; }
  /// Why the last attach() failed; empty if it did not.
  [[nodiscard]] const std::string& message() const { return message_; }

 private:
  tracer::Level level_;
  std::unique_ptr<Reader> reader_;
  std::string path_;
  std::string title_;
  std::string message_;
  std::optional<std::string> chosen_;
  double looked_ = -1;  ///< when it last looked for the only live session
};

}  // namespace loopscope::gui
