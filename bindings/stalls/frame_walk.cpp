#include "bindings/stalls/frame_walk.h"

#include <Python.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "bindings/stalls/line_table.h"
#include "bindings/stalls/python_layout.h"

namespace loopscope::bindings {
namespace {

constexpr std::size_t kBufferBytes = 512 * 1024;
constexpr std::size_t kMostTextLength = 4096;  // characters
constexpr std::size_t kMostUtf8Bytes = 4;      // of a character
constexpr std::size_t kMostTableBytes = 128 * 1024;
constexpr std::size_t kMostHidden = 256;  // frames of the interpreter's own between those that are shown
constexpr std::uint64_t kTagBits = 3;     // a frame's reference to its code may have its lowest bits set
#if PY_VERSION_HEX >= 0x030B0000
constexpr LineFormat kLineFormat = LineFormat::pep657;
constexpr char kFirstHiddenOwner = 3;  // FRAME_OWNED_BY_CSTACK, FRAME_OWNED_BY_INTERPRETER
#elif PY_VERSION_HEX >= 0x030A0000
constexpr LineFormat kLineFormat = LineFormat::pep626;
constexpr std::size_t kInstructionBytes = 2;
#else
constexpr LineFormat kLineFormat = LineFormat::lnotab;
constexpr std::size_t kInstructionBytes = 1;
#endif

template <typename Value>
Value value_at(const void* bytes, std::size_t offset) {
  Value value;
  std::memcpy(&value, static_cast<const char*>(bytes) + offset, sizeof(value));
  return value;
}

/// Where an object can be.
bool is_address(std::uint64_t address) {
  return address >= 4096 && address % 8 == 0;
}

bool has_type(const void* object, const PyTypeObject& type) {
  return value_at<std::uint64_t>(object, offsetof(PyObject, ob_type)) == reinterpret_cast<std::uint64_t>(&type);
}

void append_utf8(std::uint32_t character, std::uint8_t*& to) {
  const bool is_text = character < 0xD800 || (character > 0xDFFF && character <= 0x10FFFF);
  const std::uint32_t c = is_text ? character : 0xFFFD;
  const auto put = [&](std::uint32_t byte) { *to++ = static_cast<std::uint8_t>(byte); };
  if (c < 0x80)
    return put(c);
  if (c < 0x800)
    return put(0xC0U | c >> 6U), put(0x80U | (c & 0x3FU));
  if (c < 0x10000)
    return put(0xE0U | c >> 12U), put(0x80U | (c >> 6U & 0x3FU)), put(0x80U | (c & 0x3FU));
  put(0xF0U | c >> 18U), put(0x80U | (c >> 12U & 0x3FU)), put(0x80U | (c >> 6U & 0x3FU)), put(0x80U | (c & 0x3FU));
}

std::uint32_t character_at(const std::uint8_t* text, std::size_t index, std::size_t width) {
  std::uint32_t character = 0;
  std::memcpy(&character, text + index * width, width);
  return character;
}

}  // namespace

FrameWalk::FrameWalk(const SelfMemory& memory)
    : memory_(memory),
      bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(kBufferBytes)),
      again_(std::make_unique_for_overwrite<std::uint8_t[]>(kBufferBytes)) {
  held_.reserve(kMostFrames * 16);
  pieces_.reserve(kMostFrames * 16);
  codes_.reserve(kMostFrames);
  frames_.reserve(kMostFrames);
}

FrameWalk::Outcome FrameWalk::read(std::uint64_t thread) {
  used_ = 0;
  held_.clear();
  codes_.clear();
  frames_.clear();
  cut_ = full_ = false;
  std::uint64_t at = 0;
  if (!innermost(thread, at))
    return Outcome::no_frames;
  for (std::size_t hidden = 0; at != 0;) {
    if (frames_.size() == kMostFrames || hidden == kMostHidden) {
      cut_ = true;
      break;
    }
    Frame frame{};
    if (!read_frame(at, frame))
      return Outcome::changed;
    const Code* code = frame.shown ? code_at(frame.code) : nullptr;
    if (frame.shown && code == nullptr)
      return Outcome::changed;
    if (code != nullptr) {
      const auto line = line_of(frame, *code);
      if (!line)
        return Outcome::changed;
      frames_.push_back({code->name, code->file, code->first_line, *line});
    } else {
      ++hidden;
    }
    at = frame.previous;
  }
  if (full_ || !unchanged())
    return Outcome::changed;
  return frames_.empty() ? Outcome::no_frames : Outcome::done;
}

bool FrameWalk::innermost(std::uint64_t thread, std::uint64_t& frame) {
  auto place = thread + python_layout.thread_frame;
  if (python_layout.frame_has_holder != 0) {
    const auto* holder = hold(place, sizeof(std::uint64_t));
    if (holder == nullptr || !is_address(value_at<std::uint64_t>(holder, 0)))
      return false;
    place = value_at<std::uint64_t>(holder, 0) + python_layout.holder_frame;
  }
  const auto* pointer = hold(place, sizeof(std::uint64_t));
  if (pointer == nullptr)
    return false;
  frame = value_at<std::uint64_t>(pointer, 0);
  return is_address(frame);
}

bool FrameWalk::read_frame(std::uint64_t address, Frame& frame) {
  auto* bytes = is_address(address) ? room(python_layout.frame_bytes) : nullptr;
  if (bytes == nullptr || !memory_.read(address, bytes, python_layout.frame_bytes))
    return false;
  hold_copy(address + python_layout.frame_code, bytes + python_layout.frame_code, sizeof(std::uint64_t));
  hold_copy(address + python_layout.frame_previous, bytes + python_layout.frame_previous, sizeof(std::uint64_t));
  frame.code = value_at<std::uint64_t>(bytes, python_layout.frame_code) & ~kTagBits;
  frame.previous = value_at<std::uint64_t>(bytes, python_layout.frame_previous);
#if PY_VERSION_HEX >= 0x030B0000
  frame.instruction = value_at<std::uint64_t>(bytes, python_layout.frame_instruction);
  frame.shown = value_at<char>(bytes, python_layout.frame_owner) < kFirstHiddenOwner;
#else
  frame.instruction = static_cast<std::uint64_t>(value_at<int>(bytes, python_layout.frame_instruction));
  frame.shown = true;
#endif
  return true;
}

const FrameWalk::Code* FrameWalk::code_at(std::uint64_t address) {
  const auto known =
      std::find_if(codes_.begin(), codes_.end(), [&](const Code& code) { return code.address == address; });
  if (known != codes_.end())
    return &*known;
  Code code;
  return read_code(address, code) ? &codes_.emplace_back(code) : nullptr;
}

bool FrameWalk::read_code(std::uint64_t address, Code& code) {
  auto* bytes = is_address(address) ? room(python_layout.code_bytes) : nullptr;
  if (bytes == nullptr || !memory_.read(address, bytes, python_layout.code_bytes))
    return false;
  const auto field = [&](std::size_t offset) {
    hold_copy(address + offset, bytes + offset, sizeof(std::uint64_t));
    return value_at<std::uint64_t>(bytes, offset);
  };
  if (field(offsetof(PyObject, ob_type)) != reinterpret_cast<std::uint64_t>(&PyCode_Type))
    return false;
  code.address = address;
#if PY_VERSION_HEX >= 0x030B0000
  code.instructions = address + python_layout.code_instructions;
  code.instruction_bytes = field(offsetof(PyVarObject, ob_size)) * sizeof(std::uint16_t);
#endif
  hold_copy(address + python_layout.code_first_line, bytes + python_layout.code_first_line, sizeof(int));
  code.first_line = static_cast<std::uint32_t>(std::max(value_at<int>(bytes, python_layout.code_first_line), 0));
  return read_text(field(python_layout.code_name), code.name) &&
         read_text(field(python_layout.code_file), code.file) &&
         read_bytes(field(python_layout.code_lines), code.lines);
}

/// One that is longer than it may be is cut.
bool FrameWalk::read_text(std::uint64_t object, std::string_view& text) {
  PyASCIIObject header;
  if (!is_address(object) || !memory_.read(object, &header, sizeof(header)) ||
      !has_type(&header, PyUnicode_Type) || header.state.compact == 0 || header.length < 0)
    return false;
  const auto length = std::min(static_cast<std::size_t>(header.length), kMostTextLength);
  const std::size_t width = header.state.kind;
  if (width != 1 && width != 2 && width != 4)
    return false;
  hold_copy(object + offsetof(PyASCIIObject, length), &header.length, sizeof(header.length));
  const bool ascii = header.state.ascii != 0;
  const auto* characters =
      hold(object + (ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject)), length * width);
  if (characters == nullptr)
    return length == 0;
  if (ascii) {
    text = {reinterpret_cast<const char*>(characters), length};
    return true;
  }
  auto* begin = room(length * kMostUtf8Bytes);
  auto* end = begin;
  for (std::size_t i = 0; begin != nullptr && i < length; ++i)
    append_utf8(character_at(characters, i, width), end);
  text = {reinterpret_cast<const char*>(begin), static_cast<std::size_t>(end - begin)};
  return begin != nullptr;
}

/// One that is longer than it may be is not read: its lines are not known.
bool FrameWalk::read_bytes(std::uint64_t object, std::span<const std::uint8_t>& bytes) {
  PyVarObject header;
  if (!is_address(object) || !memory_.read(object, &header, sizeof(header)) || !has_type(&header, PyBytes_Type) ||
      header.ob_size < 0)
    return false;
  hold_copy(object + offsetof(PyVarObject, ob_size), &header.ob_size, sizeof(header.ob_size));
  const auto length = static_cast<std::size_t>(header.ob_size);
  if (length == 0 || length > kMostTableBytes)
    return true;
  const auto* contents = hold(object + offsetof(PyBytesObject, ob_sval), length);
  bytes = {contents, contents != nullptr ? length : 0};
  return contents != nullptr;
}

/// Nothing for an instruction outside of the code: the frame changed hands while it was read.
std::optional<std::uint32_t> FrameWalk::line_of(const Frame& frame, const Code& code) {
#if PY_VERSION_HEX >= 0x030B0000
  const auto offset = frame.instruction - code.instructions;
  if (offset + sizeof(std::uint16_t) == 0)  // it has not begun
    return code.first_line;
  if (offset >= code.instruction_bytes)
    return std::nullopt;
#else
  const auto index = static_cast<int>(frame.instruction);
  if (index < 0)
    return code.first_line;
  const auto offset = static_cast<std::size_t>(index) * kInstructionBytes;
#endif
  return line_at(kLineFormat, code.lines, code.first_line, offset);
}

std::uint8_t* FrameWalk::room(std::size_t bytes) {
  if (bytes > kBufferBytes - used_)
    return nullptr;
  return bytes_.get() + std::exchange(used_, used_ + bytes);
}

std::uint8_t* FrameWalk::hold(std::uint64_t address, std::size_t bytes) {
  auto* copy = bytes != 0 ? room(bytes) : nullptr;
  if (copy == nullptr || !memory_.read(address, copy, bytes))
    return nullptr;
  held_.push_back({address, static_cast<std::size_t>(copy - bytes_.get()), bytes});
  return copy;
}

void FrameWalk::hold_copy(std::uint64_t address, const void* copy, std::size_t bytes) {
  auto* kept = room(bytes);
  if (kept == nullptr)
    return void(full_ = true);
  std::memcpy(kept, copy, bytes);
  held_.push_back({address, static_cast<std::size_t>(kept - bytes_.get()), bytes});
}

bool FrameWalk::unchanged() {
  pieces_.clear();
  for (const auto& held : held_) pieces_.push_back({held.address, again_.get() + held.place, held.bytes});
  return memory_.read(pieces_) && std::all_of(held_.begin(), held_.end(), [&](const Held& held) {
           return std::memcmp(bytes_.get() + held.place, again_.get() + held.place, held.bytes) == 0;
         });
}

}  // namespace loopscope::bindings
