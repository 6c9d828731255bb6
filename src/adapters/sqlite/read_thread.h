// A thread that reads over a connection of its own. Short look-ups and long reads are given to different ones, so that
// none stands behind the other.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/read_gate.h"
#include "base/mutex.h"

namespace sotto::sqlite {

class ReadThread {
 public:
  // What is to be read; handed an error where the file cannot be opened.
  using Work = std::function<void(Result<Database*>)>;

  ReadThread(std::filesystem::path file, ReadGate& gate);
  // Does what waits, then stops.
  ~ReadThread();

  // Any thread; in the order given.
  void post(Work work);

 private:
  void run();

  std::filesystem::path const file_;
  ReadGate& gate_;
  std::unique_ptr<Database> database_;  // the thread's own
  Mutex mutex_;
  Condition work_;
  std::deque<Work> waiting_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sotto::sqlite
