// The threads that append, with group commit: all batches that wait become one transaction (append_group.h). Two of
// them, each with a connection of its own, so that one group is made while the other is on its way to the disk. A part
// has one batch under way, so no two of one part meet; the two parts of one call wait for each other at its row.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "adapters/postgres/statements.h"
#include "adapters/sealed_call/call_seal.h"
#include "base/work_queue.h"
#include "ports/call_log.h"

namespace sotto::postgres {

// When the store was away leases have run out whose owners live: for one lease from then on nothing is to be claimed,
// so that they renew them first. Any thread.
class Outage {
 public:
  void note();
  bool is_over() const;

 private:
  std::atomic<std::chrono::steady_clock::time_point> until_{};
};

class AppendThreads {
 public:
  struct Batch {
    Append append;
    std::function<void(Result<std::int64_t>)> answer;  // on one of the threads
  };

  AppendThreads(std::string const& address, CallKeys& keys, Outage& outage);
  // Appends what waits, then stops.
  ~AppendThreads() { stop(); }
  // What waits is appended; nothing may be posted any more.
  void stop();

  // Any thread.
  void post(Batch batch) { batches_.push(std::move(batch)); }

 private:
  // What a thread has for itself.
  struct Own {
    Link link;
    WriterSeals seals;
  };
  void run(Own own);
  void append(Own& own, std::vector<Batch> batches);
  // In one transaction, again where it met another one or lost its connection. Nullopt: one of them cannot be written
  // at all.
  std::optional<std::vector<Result<std::int64_t>>> commit(Own& own, std::vector<Append const*> const& batches);

  CallKeys& keys_;
  Outage& outage_;
  std::atomic<bool> failing_ = false;
  WorkQueue<Batch> batches_;
  std::array<std::thread, 2> threads_;
};

}  // namespace sotto::postgres
