#include "live/log_tail.h"

#include <algorithm>
#include <utility>

namespace sotto {

// More than are ever told while one read runs; those that do not fit are read.
static constexpr std::size_t kWaitingMax = 4096;

void LogTail::expect(std::int64_t last) { expected_ = std::max(expected_, last); }

std::vector<Event> LogTail::on(Event const& event) {
  std::vector<Event> due;
  if (event.number <= seen_) return due;
  expect(event.number);
  if (event.number > seen_ + 1) {
    if (waiting_.size() < kWaitingMax) waiting_.emplace(event.number, event);
    return due;
  }
  seen_ = event.number;
  due.push_back(event);
  take_waiting(due);
  return due;
}

std::vector<Event> LogTail::on_read(std::vector<Event> events) {
  reading_ = false;
  std::vector<Event> due;
  if (events.empty()) expected_ = seen_;  // what the bus told of is not there
  for (auto& event : events) {
    if (event.number <= seen_) continue;
    seen_ = event.number;
    due.push_back(std::move(event));
  }
  if (events.size() >= kPage) expect(seen_ + 1);  // there may be more
  take_waiting(due);
  return due;
}

void LogTail::take_waiting(std::vector<Event>& due) {
  waiting_.erase(waiting_.begin(), waiting_.upper_bound(seen_));
  while (!waiting_.empty() && waiting_.begin()->first == seen_ + 1) {
    due.push_back(std::move(waiting_.begin()->second));
    waiting_.erase(waiting_.begin());
    ++seen_;
  }
}

std::optional<std::int64_t> LogTail::wants_read() {
  if (reading_ || (expected_ <= seen_ && !look_)) return std::nullopt;
  reading_ = true;
  look_ = false;
  return seen_;
}

}  // namespace sotto
