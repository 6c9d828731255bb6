// CallLog and CallIndex in SQLite (schema: schema.sql.h): one file, one thread that writes, others that
// read. All methods may be called from any thread.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <thread>

#include "adapters/sqlite/read_thread.h"
#include "adapters/sqlite/store_folder.h"
#include "adapters/sqlite/stored_rows.h"
#include "adapters/sqlite/write_thread.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "call/settled.h"
#include "ports/call_index.h"
#include "ports/call_log.h"

namespace sotto::sqlite {

class SqliteLog final : public CallLog, public CallIndex {
 public:
  // Creates or migrates `directory/sotto.db`; leases of the processes before are over. What stands there in the clear
  // is sealed first, which takes minutes for a large store, and keys without a call are destroyed. Errors:
  // store_failed, keys_failed, store_in_use (another process holds the directory).
  static Result<std::unique_ptr<SqliteLog>> open(std::filesystem::path const& directory, Executor& executor,
                                                 Clock const& clock, CallKeys& keys);
  // Answers what was asked, then stops.
  ~SqliteLog() override;

  void append(Append batch, Then<std::int64_t> then) override;
  void read(std::string call, std::int64_t after, std::size_t most, Then<std::vector<Event>> then) override;
  void claim(Part part, std::string worker, std::size_t most, Then<std::vector<Claimed>> then) override;
  void claim_call(Part part, std::string worker, std::string call, Then<std::optional<Claimed>> then) override;
  void renew(std::vector<Lease> leases, Then<std::vector<Lease>> then) override;
  void release(Lease lease) override;
  void follow(Unsettled what, Then<std::vector<Sequenced>> then) override;
  void settle(std::string consumer, std::int64_t first, std::int64_t last) override;
  void consumers(Then<std::vector<std::string>> then) override;
  void redact(std::string call, std::vector<Redaction> events, Then<std::int64_t> then) override;
  void erase(std::string call, Then<void> then) override;

  void list(CallFilter filter, Then<std::vector<CallSummary>> then) override;
  void load(std::string call, Then<CallRecord> then) override;
  void find(std::string call, Then<KnownCall> then) override;
  void stored(Then<StoredBytes> then) override;

  // When the newest event was, as far as the newest calls tell; the epoch where there is none. May block for a disk.
  Result<Time> newest_event();
  // Calls that were set aside since the start.
  std::size_t damaged() const { return damaged_; }

 private:
  SqliteLog(StoreFolder folder, Executor& executor, Clock const& clock, CallKeys& keys);

  template <typename T>
  void answer(Then<T> then, Result<T> result);
  template <typename T>
  void write(std::function<Result<T>(LogWriter&)> work, Then<T> then);
  template <typename T>
  using Look = std::function<Result<T>(Database&, Seals&)>;
  template <typename T>
  void read_on(ReadThread& thread, Look<T> work, Then<T> then);
  void take_back(std::function<Result<Resealed>(LogWriter&)> work, Then<std::int64_t> then);
  Result<void> destroy(KeyId key);
  void take(std::vector<std::string> calls, Part part, std::string worker, Then<std::vector<Claimed>> then);
  // A call that a reader found damaged.
  void set_aside(std::string call, std::string why);

  StoreFolder const folder_;  // held until all threads have ended
  Executor& executor_;
  Clock const& clock_;
  CallKeys& keys_;
  std::vector<KeyId> doomed_;  // the writing thread's own: to be destroyed, where that failed
  std::atomic<std::size_t> damaged_ = 0;
  Mutex settled_mutex_;
  std::map<std::string, Settled> settled_ GUARDED_BY(settled_mutex_);  // what was said to settle(), by consumer
  ReadGate gate_;
  Mutex reader_mutex_;
  std::unique_ptr<Database> reader_;  // of what may block; set once, then used under reader_mutex_
  WriteThread writer_;
  ReadThread look_ups_;  // short: find, claim
  ReadThread reads_;     // read, follow
  ReadThread views_;     // long: load, list
  std::jthread check_;
};

}  // namespace sotto::sqlite
