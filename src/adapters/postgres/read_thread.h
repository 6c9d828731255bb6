// A thread that reads over a connection of its own. Short look-ups and long reads are given to different ones, so that
// none stands behind the other.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "adapters/postgres/statements.h"
#include "base/work_queue.h"

namespace sotto::postgres {

class ReadThread {
 public:
  using Work = std::function<void(Link&)>;

  explicit ReadThread(std::string address);
  // Does what waits, then stops.
  ~ReadThread();

  // Any thread; in the order given.
  void post(Work work) { work_.push(std::move(work)); }

 private:
  void run();

  Link link_;  // the thread's own
  WorkQueue<Work> work_;
  std::thread thread_;
};

}  // namespace sotto::postgres
