#pragma once
/// A map from words to words, neither of them 0: open addressing with linear probing, at most half full.
///
/// Thread: one. Owner: of its memory, whose untouched pages cost nothing. Cost: find() is a hash and a compare.
/// Errors: a map that gets no memory stays as it is; what finds no room is not found later.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>

namespace loopscope::tracer {

class WordMap {
 public:
  WordMap() = default;  ///< holds nothing, for ever
  /// `places` is a power of two: twice what the map will hold without growing.
  explicit WordMap(std::size_t places) : places_(allocate(places)), mask_(places_ ? places - 1 : 0) {}

  [[nodiscard]] bool exists() const { return places_ != nullptr; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Has it room for no other key?
  [[nodiscard]] bool full() const { return 2 * (size_ + 1) > mask_ + 1; }

  /// The value of `key`, 0 if it has none.
  [[nodiscard]] std::uint64_t find(std::uint64_t key) const {
    return places_ == nullptr ? 0 : places_[place_of(key)].value;
  }

  /// Of a key that is in the map, or of a new one. False if a new one finds no room.
  bool set(std::uint64_t key, std::uint64_t value) {
    if (!exists() || key == 0)
      return false;
    auto place = place_of(key);
    if (places_[place].key == 0) {
      if (full())
        return false;
      ++size_;
    }
    places_[place] = {key, value};
    return true;
  }

  /// As set(), with more room if it takes that.
  void put(std::uint64_t key, std::uint64_t value) {
    if (full())
      grow();
    set(key, value);
  }

  /// Takes `key` out. Its value, 0 if it had none.
  std::uint64_t erase(std::uint64_t key) {
    if (!exists() || key == 0)
      return 0;
    const auto place = place_of(key);
    if (places_[place].key == 0)
      return 0;
    const auto value = places_[place].value;
    close_hole(place);
    --size_;
    return value;
  }

  /// Twice the room.
  void grow() {
    rebuild(2 * (mask_ + 1), [](std::uint64_t) { return true; });
  }
  /// Takes out every key whose value `keep` refuses.
  template <typename Keep>
  void keep_if(Keep&& keep) {
    rebuild(mask_ + 1, keep);
  }
  void clear() {
    for (std::size_t place = 0; size_ > 0 && place <= mask_; ++place) places_[place] = {};
    size_ = 0;
  }

 private:
  struct Place {
    std::uint64_t key;  ///< 0: free, and so is its value
    std::uint64_t value;
  };
  struct Free {
    void operator()(Place* places) const { std::free(places); }
  };
  using Places = std::unique_ptr<Place[], Free>;

  static Places allocate(std::size_t places) {
    return Places(static_cast<Place*>(std::calloc(places, sizeof(Place))));
  }
  [[nodiscard]] std::size_t home_of(std::uint64_t key) const { return (key * 0x9E3779B97F4A7C15U >> 32U) & mask_; }
  /// Where `key` is, or the free place where it would be.
  [[nodiscard]] std::size_t place_of(std::uint64_t key) const {
    auto place = home_of(key);
    while (places_[place].key != 0 && places_[place].key != key) place = (place + 1) & mask_;
    return place;
  }

  /// Moves later entries of the same run back, so that no search ever stops at the hole.
  void close_hole(std::size_t hole) {
    for (auto next = (hole + 1) & mask_; places_[next].key != 0; next = (next + 1) & mask_) {
      const auto distance_home = (next - home_of(places_[next].key)) & mask_;
      const auto distance_hole = (next - hole) & mask_;
      if (distance_home < distance_hole)
        continue;
      places_[hole] = places_[next];
      hole = next;
    }
    places_[hole] = {};
  }

  template <typename Keep>
  void rebuild(std::size_t places, Keep&& keep) {
    if (!exists())
      return;
    WordMap fresh(places);
    if (!fresh.exists())
      return;
    for (std::size_t place = 0; place <= mask_; ++place)
      if (places_[place].key != 0 && keep(places_[place].value))
        fresh.set(places_[place].key, places_[place].value);
    std::swap(*this, fresh);
  }

  Places places_;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

}  // namespace loopscope::tracer
