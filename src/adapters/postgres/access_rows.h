// The access log of a cluster: one chain in the table sotto.access, which servers may add to and read, and nobody may
// change. Processes take turns: who adds holds a lock of the database for as long as its transaction takes.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/access_chain/access_thread.h"
#include "adapters/postgres/statements.h"
#include "base/executor.h"
#include "ports/access_log.h"

namespace sotto::postgres {

class AccessRows final : public AccessLog {
 public:
  // `address` as of Connection::open(); it is connected to when the first entry comes.
  AccessRows(std::string address, Executor& loop);

  void append(AccessEntry entry, Then<void> then) override { thread_.append(std::move(entry), std::move(then)); }
  std::string trouble() const override { return thread_.trouble(); }

 private:
  Result<void> write(std::deque<AccessEntry> const& group);
  Result<void> add(std::deque<AccessEntry> const& group);

  Link link_;  // of the thread
  app::AccessThread thread_;
};

// Calls `line` for each entry in order; stops at its first error, which is then returned. Errors: those of `line`,
// store_failed.
Result<void> each_access_row(Connection& connection, std::function<Result<void>(std::string_view)> const& line);

}  // namespace sotto::postgres
