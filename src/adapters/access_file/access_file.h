// The access log of one process: a file a month, `2026-11.jsonl`, in a folder of its own; the chain goes on from one to
// the next. A thread of its own writes what waits and syncs it at once. A last line that is not whole (the machine
// stopped while it was written, nobody was answered) is cut off at the next start.
#pragma once

#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "adapters/access_chain/access_chain.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "base/work_queue.h"
#include "ports/access_log.h"

namespace sotto::app {

class AccessFile final : public AccessLog {
 public:
  // Makes the folder. Error access_log_failed: it cannot be made or read.
  static Result<std::unique_ptr<AccessFile>> open(std::filesystem::path folder, Executor& loop);
  ~AccessFile() override;

  void append(AccessEntry entry, Then<void> then) override;
  std::string trouble() const override;

 private:
  struct Waiting {
    AccessEntry entry;
    Then<void> then;
  };
  AccessFile(std::filesystem::path folder, ChainEnd end, std::string month, Executor& loop);
  void run();
  Result<void> write(std::deque<Waiting> const& group);
  Result<void> write_lines(std::string const& month, std::string_view lines);

  std::filesystem::path const folder_;
  Executor& loop_;
  // Of the thread.
  ChainEnd end_;
  std::string month_;  // of the newest file
  int file_ = -1;
  mutable Mutex mutex_;
  std::string trouble_ GUARDED_BY(mutex_);
  WorkQueue<Waiting> work_;
  std::thread thread_;
};

// Calls `line` for each line of the files of a folder, in order; stops at its first error, which is then returned.
// Errors: those of `line`, access_log_failed (no such folder, a file that cannot be read; names it).
Result<void> each_access_line(std::filesystem::path const& folder,
                              std::function<Result<void>(std::string_view)> const& line);

}  // namespace sotto::app
