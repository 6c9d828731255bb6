// What was read of texts seen lately. Call centres repeat themselves: greetings, hold phrases, "yes". The one unused
// for longest goes first. Not thread-safe: the shard's worker owns it.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>
namespace sotto {

template <typename Read>
class VectorCache {
 public:
  explicit VectorCache(std::size_t capacity) : capacity_(capacity) {}

  // Null when unknown; valid until the next put().
  Read const* get(std::string const& text) {
    auto const found = index_.find(text);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  void put(std::string const& text, Read reading) {
    if (get(text)) {
      entries_.front().second = std::move(reading);
      return;
    }
    entries_.emplace_front(text, std::move(reading));
    index_.emplace(text, entries_.begin());
    if (entries_.size() <= capacity_) return;
    index_.erase(entries_.back().first);
    entries_.pop_back();
  }

 private:
  using Entry = std::pair<std::string, Read>;

  std::size_t const capacity_;
  std::list<Entry> entries_;
  std::unordered_map<std::string, typename std::list<Entry>::iterator> index_;
};

}  // namespace sotto
