// A thread that reads over a connection of its own. Short look-ups and long reads are given to different ones, so that
// none stands behind the other.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/read_gate.h"
#include "base/work_queue.h"

namespace sotto::sqlite {

class ReadThread {
 public:
  // What is to be read; handed an error where the file cannot be opened.
  using Work = std::function<void(Result<Database*>)>;

  ReadThread(std::filesystem::path file, ReadGate& gate);
  // Does what waits, then stops.
  ~ReadThread();

  // Any thread; in the order given.
  void post(Work work) { work_.push(std::move(work)); }

 private:
  void run();

  std::filesystem::path const file_;
  ReadGate& gate_;
  std::unique_ptr<Database> database_;  // the thread's own
  WorkQueue<Work> work_;
  std::thread thread_;
};

}  // namespace sotto::sqlite
