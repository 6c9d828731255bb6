// The thread that writes what is no batch of a part: owners, consumers, what is taken back. Each job is one
// transaction, in the order given.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "adapters/postgres/statements.h"
#include "adapters/sealed_call/call_seal.h"
#include "base/work_queue.h"
#include "ports/call_keys.h"

namespace sotto::postgres {

class WriteThread {
 public:
  struct Job {
    // One transaction.
    std::function<Result<void>(Connection&, WriterSeals&)> write;
    // On the writing thread. Nobody waits: it is tried again until the store takes it.
    std::function<void(Result<void>)> answer = nullptr;
  };

  WriteThread(std::string address, CallKeys& keys);
  // Writes what waits, then stops.
  ~WriteThread();

  // Any thread; in the order given.
  void post(Job job) { jobs_.push(std::move(job)); }

 private:
  void run();
  void write(Job job);

  // The writing thread's own.
  Link link_;
  WriterSeals seals_;
  std::deque<Job> unwritten_;  // nobody waits for them
  WorkQueue<Job> jobs_;
  std::thread thread_;
};

}  // namespace sotto::postgres
