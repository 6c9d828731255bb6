// Follows the log of one call by what the bus tells: every stored event once, in the order of its number. What the bus
// left out is read in the log. Pure state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "call/events.h"

namespace sotto {

class LogTail {
 public:
  // Events a read asks for.
  static constexpr std::size_t kPage = 512;

  // `seen`: the number up to which everything is known.
  explicit LogTail(std::int64_t seen = 0) : seen_(seen) {}

  // The log has more than is known: up to `last`.
  void expect(std::int64_t last);
  // It may have more, though nobody told of it.
  void look() { look_ = true; }
  // A stored event: those that are due now.
  std::vector<Event> on(Event const& event);
  // What a read from wants_read() on gave; those that are due now. Nothing was there: what is missing is not waited
  // for.
  std::vector<Event> on_read(std::vector<Event> events);
  void on_read_failed() { reading_ = false; }

  // The number after which the log is to be read now; not again before on_read().
  std::optional<std::int64_t> wants_read();
  // Something that was told of is still to be read.
  bool behind() const { return expected_ > seen_; }
  std::int64_t seen() const { return seen_; }

 private:
  void take_waiting(std::vector<Event>& due);

  std::int64_t seen_;
  std::int64_t expected_ = 0;
  std::map<std::int64_t, Event> waiting_;  // told before what stands before them
  bool reading_ = false;
  bool look_ = false;
};

}  // namespace sotto
