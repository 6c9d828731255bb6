// The one thread that writes, with group commit: everything that waits becomes one transaction, each job in a savepoint
// of its own so that a refused one does not take others along. A transaction that fails takes all of its jobs with it,
// and the next one is written over a new connection (docs/adr/0011).
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "adapters/sqlite/log_writer.h"
#include "adapters/sqlite/read_gate.h"
#include "base/work_queue.h"

namespace sotto::sqlite {

class WriteThread {
 public:
  struct Job {
    // Once for each transaction it is part of. An error that is refused() undoes this job alone.
    std::function<Result<void>(LogWriter&)> apply;
    // What became of it, after the commit, on the writing thread. Nobody waits: it is part of every transaction until
    // one succeeds.
    std::function<void(Result<void>)> answer = nullptr;
  };

  // Makes the connection with its statements, the first one and those after a failure.
  using Connect = std::function<Result<std::unique_ptr<LogWriter>>()>;

  WriteThread(Connect connect, ReadGate& readers);
  // Writes what waits, then stops.
  ~WriteThread();

  // Any thread; in the order given.
  void post(Job job) { jobs_.push(std::move(job)); }

 private:
  void run();
  void write(std::deque<Job> jobs);
  // Whether the transaction was committed; `results` says what became of each job.
  Result<void> commit(std::deque<Job> const& jobs, std::vector<Result<void>>& results);
  Result<void> apply(Job const& job, Result<void>& result);
  void checkpoint(int pages_due);

  Connect const connect_;
  ReadGate& readers_;
  std::optional<Error> broken_;        // the writing thread's own: why nothing can be written before the next start
  std::unique_ptr<LogWriter> writer_;  // the writing thread's own; null: to be made anew
  std::deque<Job> unwritten_;          // nobody waits for them: first in the next transaction
  WorkQueue<Job> jobs_;
  std::thread thread_;
};

}  // namespace sotto::sqlite
