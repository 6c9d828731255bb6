// A std::mutex that clang's -Wthread-safety understands. Fields beside it carry GUARDED_BY(mutex_).
#pragma once

#include <condition_variable>
#include <mutex>

#define SOTTO_THREAD(x) __attribute__((x))
#define GUARDED_BY(x) SOTTO_THREAD(guarded_by(x))
#define REQUIRES(...) SOTTO_THREAD(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) SOTTO_THREAD(locks_excluded(__VA_ARGS__))

namespace sotto {

class SOTTO_THREAD(capability("mutex")) Mutex {
 public:
  void lock() SOTTO_THREAD(acquire_capability()) { mutex_.lock(); }
  void unlock() SOTTO_THREAD(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class SOTTO_THREAD(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) SOTTO_THREAD(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  ~Lock() SOTTO_THREAD(release_capability()) { mutex_.unlock(); }
  Lock(Lock const&) = delete;
  Lock& operator=(Lock const&) = delete;

 private:
  Mutex& mutex_;
};

// Wait with the mutex held; it is released while waiting. Use in a loop that re-checks the condition.
using Condition = std::condition_variable_any;

}  // namespace sotto
