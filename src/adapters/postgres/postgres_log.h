// CallLog and CallIndex in PostgreSQL 15 (schema: schema.sql.h), for processes on many machines: threads that
// append, one that writes what else there is, others that read, each with a connection of its own. Leases run by the
// server's clock. All methods may be called from any thread.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "adapters/postgres/append_threads.h"
#include "adapters/postgres/read_thread.h"
#include "adapters/postgres/write_thread.h"
#include "adapters/sealed_call/redacted_events.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "call/settled.h"
#include "ports/call_index.h"
#include "ports/call_log.h"

namespace sotto::postgres {

class PostgresLog final : public CallLog, public CallIndex {
 public:
  // `address`: as libpq takes it. Errors: store_failed, and those of check_store(): what is wrong with the store, and
  // what to do.
  static Result<std::unique_ptr<PostgresLog>> open(std::string const& address, std::string const& cluster,
                                                   Executor& executor, Clock const& clock, CallKeys& keys);
  // Answers what was asked, lets go of what its workers own, then stops.
  ~PostgresLog() override;

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

  // When the newest event was when the log was opened; the epoch where there was none.
  Time newest_event() const { return newest_event_; }
  // Calls that were set aside since the start.
  std::size_t damaged() const { return damaged_; }

 private:
  PostgresLog(std::string const& address, Time newest_event, Executor& executor, Clock const& clock, CallKeys& keys);

  template <typename T>
  void answer(Then<T> then, Result<T> result);
  template <typename T>
  using Writing = std::function<Result<T>(Connection&, WriterSeals&)>;
  template <typename T>
  void write(Writing<T> work, Then<T> then);
  template <typename T>
  using Looking = std::function<Result<T>(Connection&, Seals&)>;
  template <typename T>
  void read_on(ReadThread& thread, Looking<T> work, Then<T> then);
  void take(std::vector<std::string> calls, Part part, std::string const& worker, Then<std::vector<Claimed>> then);
  void take_back(Writing<Resealed> work, Then<std::int64_t> then);
  Result<void> destroy(KeyId key);
  // A call that a reader found damaged.
  void set_aside(std::string call, std::string why);
  void own_as(std::string const& worker);

  Executor& executor_;
  Clock const& clock_;
  CallKeys& keys_;
  Time const newest_event_;
  std::vector<KeyId> doomed_;  // the writing thread's own: to be destroyed, where that failed
  std::atomic<std::size_t> damaged_ = 0;
  Mutex settled_mutex_;
  std::map<std::string, Settled> settled_ GUARDED_BY(settled_mutex_);  // what was said to settle(), by consumer
  Mutex workers_mutex_;
  std::set<std::string> workers_ GUARDED_BY(workers_mutex_);  // whose leases are of this process
  Outage outage_;
  WriteThread writer_;
  AppendThreads appender_;
  ReadThread look_ups_;  // short: find, claim
  ReadThread reads_;     // read, follow
  ReadThread views_;     // long: load, list
};

}  // namespace sotto::postgres
