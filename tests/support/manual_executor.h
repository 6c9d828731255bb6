// An Executor whose tasks run when the test says so, on the test's thread. post() is thread-safe.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <utility>

#include "base/executor.h"
#include "base/mutex.h"

namespace sotto {

class ManualExecutor final : public Executor {
 public:
  void post(std::function<void()> task) override {
    {
      Lock lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    arrived_.notify_one();
  }

  // Runs what is queued, and what that queues; gives the number of tasks.
  std::size_t run_all() {
    std::size_t count = 0;
    for (; auto task = take(std::chrono::seconds(0)); ++count) task();
    return count;
  }

  // Runs tasks until `done` holds. False when for `patience` nothing came and it still does not.
  template <typename Done>
  bool run_until(Done done, std::chrono::seconds patience = std::chrono::seconds(30)) {
    while (!done()) {
      auto const task = take(patience);
      if (!task) return false;
      task();
    }
    return true;
  }

 private:
  std::function<void()> take(std::chrono::seconds patience) {
    Lock lock(mutex_);
    auto const deadline = std::chrono::steady_clock::now() + patience;
    while (tasks_.empty()) {
      if (std::chrono::steady_clock::now() >= deadline) return nullptr;
      arrived_.wait_until(mutex_, deadline);
    }
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }

  Mutex mutex_;
  Condition arrived_;
  std::deque<std::function<void()>> tasks_ GUARDED_BY(mutex_);
};

}  // namespace sotto
