// CallStore and WebhookQueue in SQLite (schema: schema.sql.h). One writer thread with group commit: everything that
// waits becomes one transaction, each batch in a savepoint of its own so that a refused one does not take others along.
// commit() may be called from one loop; reads from any thread.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <thread>

#include "adapters/sqlite/database.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "ports/call_store.h"
#include "ports/webhook_queue.h"

namespace sotto::sqlite {

class SqliteStore final : public CallStore, public WebhookQueue {
 public:
  // Creates or migrates `directory/sotto.db`. Errors: store_failed, store_in_use (another process holds the directory).
  static Result<std::unique_ptr<SqliteStore>> open(std::filesystem::path const& directory, Executor& executor);
  // Commits what is queued, then stops.
  ~SqliteStore() override;

  void commit(StoreBatch batch, std::function<void(Result<void>)> done) override;
  Result<bool> exists(std::string const& call) override;
  Result<StoredCall> load(std::string const& call) override;
  Result<std::vector<CallSummary>> list(int limit) override;
  Result<std::vector<StoredCall>> adopt_live_calls() override;
  Result<std::vector<WebhookRequest>> pending(std::string const& name, std::int64_t after, int limit) override;
  Result<std::map<std::string, std::int64_t>> pending_counts() override;
  void settle(std::int64_t sequence, WebhookOutcome outcome) override;

 private:
  struct Job {
    StoreBatch batch;
    std::function<void(Result<void>)> done;
  };
  using Settled = std::vector<std::pair<std::int64_t, WebhookOutcome>>;
  struct Writer;  // the writing connection and its statements

  SqliteStore(std::filesystem::path file, Executor& executor, int lock);
  void run();
  std::vector<Result<void>> write(std::deque<Job> const& jobs);
  Result<void> write_settled();
  Result<std::vector<StoredCall>> load_where(std::string_view condition, std::string_view value) REQUIRES(read_mutex_);

  // Constant after construction.
  std::filesystem::path const file_;
  Executor& executor_;
  int const lock_;
  // The writer thread's own.
  std::unique_ptr<Writer> writer_;
  Settled unwritten_;  // settled, to be written with the next transaction
  // Shared.
  Mutex mutex_;
  Condition work_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  Settled settled_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  Mutex read_mutex_;
  std::unique_ptr<Database> reader_ GUARDED_BY(read_mutex_);
  std::thread thread_;
};

}  // namespace sotto::sqlite
