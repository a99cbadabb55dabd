#pragma once
/// Reading memory that a writer may be changing: relaxed words, so that a race is a stale value and never
/// undefined behaviour. Reading side.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace loopscope::tracer {

template <typename Word>
Word load_word(const Word& word, std::memory_order order = std::memory_order_relaxed) {
  return std::atomic_ref(const_cast<Word&>(word)).load(order);
}

/// Copies whole 8-byte words, word by word.
inline void load_words(const void* from, void* into, std::size_t size_bytes) {
  const auto* source = static_cast<const std::uint64_t*>(from);
  auto* target = static_cast<char*>(into);
  for (std::size_t i = 0; i < size_bytes / 8; ++i) {
    const auto word = load_word(source[i]);
    std::memcpy(target + 8 * i, &word, sizeof(word));
  }
}

/// A struct of such words.
template <typename Struct>
void load_words(const Struct& from, Struct& into) {
  static_assert(sizeof(Struct) % 8 == 0);
  load_words(&from, &into, sizeof(Struct));
}

}  // namespace loopscope::tracer
