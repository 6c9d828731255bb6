// The thread of an access log: entries wait for it, go out in groups, and are answered on the loop.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "base/executor.h"
#include "base/mutex.h"
#include "base/work_queue.h"
#include "ports/access_log.h"

namespace sotto::app {

class AccessThread {
 public:
  // Makes a group durable as a whole, or nothing of it. On the thread. Error access_log_failed.
  using Write = std::function<Result<void>(std::deque<AccessEntry> const& group)>;

  AccessThread(Executor& loop, Write write);
  // What waits is still written. What `write` uses outlives this.
  ~AccessThread();

  // As the port's.
  void append(AccessEntry entry, Then<void> then);
  std::string trouble() const;

 private:
  struct Waiting {
    AccessEntry entry;
    Then<void> then;
  };
  void run();

  Executor& loop_;
  Write const write_;
  mutable Mutex mutex_;
  std::string trouble_ GUARDED_BY(mutex_);
  WorkQueue<Waiting> work_;
  std::thread thread_;
};

}  // namespace sotto::app
