// The access log of a cluster: one chain in the table sotto.access, which servers may add to and read, and nobody may
// change. Processes take turns: who adds holds a lock of the database for as long as its transaction takes.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "adapters/postgres/statements.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "base/work_queue.h"
#include "ports/access_log.h"

namespace sotto::postgres {

class AccessRows final : public AccessLog {
 public:
  // `address` as of Connection::open(); it is connected to when the first entry comes.
  AccessRows(std::string address, Executor& loop);
  ~AccessRows() override;

  void append(AccessEntry entry, Then<void> then) override;
  std::string trouble() const override;

 private:
  struct Waiting {
    AccessEntry entry;
    Then<void> then;
  };
  void run();
  Result<void> write(std::deque<Waiting> const& group);

  Link link_;  // of the thread
  Executor& loop_;
  mutable Mutex mutex_;
  std::string trouble_ GUARDED_BY(mutex_);
  WorkQueue<Waiting> work_;
  std::thread thread_;
};

// Calls `line` for each entry in order; stops at its first error, which is then returned. Errors: those of `line`,
// store_failed.
Result<void> each_access_row(Connection& connection, std::function<Result<void>(std::string_view)> const& line);

}  // namespace sotto::postgres
