// The access log of one process: a file a month, `2026-11.jsonl`, in a folder of its own; the chain goes on from one to
// the next. A thread of its own writes what waits and syncs it at once. A last line that is not whole (the machine
// stopped while it was written, nobody was answered) is cut off at the next start.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/access_chain/access_chain.h"
#include "adapters/access_chain/access_thread.h"
#include "base/executor.h"
#include "ports/access_log.h"

namespace sotto::app {

class AccessFile final : public AccessLog {
 public:
  // Makes the folder. Error access_log_failed: it cannot be made or read.
  static Result<std::unique_ptr<AccessFile>> open(std::filesystem::path folder, Executor& loop);

  void append(AccessEntry entry, Then<void> then) override { thread_.append(std::move(entry), std::move(then)); }
  std::string trouble() const override { return thread_.trouble(); }

 private:
  AccessFile(std::filesystem::path folder, ChainEnd end, std::string month, Executor& loop);
  Result<void> write(std::deque<AccessEntry> const& group);
  Result<void> write_lines(std::string const& month, std::string_view lines);

  std::filesystem::path const folder_;
  // Of the thread.
  ChainEnd end_;
  std::string month_;  // of the newest file
  struct File {
    ~File();
    int handle = -1;
  } file_;  // closed behind the thread
  AccessThread thread_;
};

// Calls `line` for each line of the files of a folder, in order; stops at its first error, which is then returned.
// Errors: those of `line`, access_log_failed (no such folder, a file that cannot be read; names it).
Result<void> each_access_line(std::filesystem::path const& folder,
                              std::function<Result<void>(std::string_view)> const& line);

}  // namespace sotto::app
