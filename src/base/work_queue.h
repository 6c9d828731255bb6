// Work for one thread, or for several that are alike: any thread gives, they take, in the order given.
#pragma once

#include <cstddef>
#include <deque>
#include <limits>
#include <utility>

#include "base/mutex.h"

namespace sotto {

template <typename Work>
class WorkQueue {
 public:
  void push(Work work) {
    {
      Lock const hold(mutex_);
      waiting_.push_back(std::move(work));
    }
    changed_.notify_one();
  }
  // What waits, at most `most`, as soon as something does. Empty: the queue is closed, and nothing is left.
  std::deque<Work> take(std::size_t most = std::numeric_limits<std::size_t>::max()) {
    Lock const hold(mutex_);
    while (waiting_.empty() && !closed_) changed_.wait(mutex_);
    if (waiting_.size() <= most) return std::exchange(waiting_, {});
    std::deque<Work> out;
    for (; out.size() < most; waiting_.pop_front()) out.push_back(std::move(waiting_.front()));
    return out;
  }
  // What waits is still taken.
  void close() {
    {
      Lock const hold(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

 private:
  Mutex mutex_;
  Condition changed_;
  std::deque<Work> waiting_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace sotto
