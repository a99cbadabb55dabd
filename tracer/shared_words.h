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

/// Copies a struct of whole 8-byte words, word by word.
template <typename Struct>
void load_words(const Struct& from, Struct& into) {
  static_assert(sizeof(Struct) % 8 == 0);
  const auto* source = reinterpret_cast<const std::uint64_t*>(&from);
  auto* target = reinterpret_cast<char*>(&into);
  for (std::size_t i = 0; i < sizeof(Struct) / 8; ++i) {
    const auto word = load_word(source[i]);
    std::memcpy(target + 8 * i, &word, sizeof(word));
  }
}

}  // namespace loopscope::tracer
