#include "adapters/postgres/postgres_log.h"

#include <optional>
#include <utility>

#include "adapters/postgres/log_reader.h"
#include "adapters/postgres/log_writer.h"
#include "adapters/postgres/store.h"

namespace sotto::postgres {

Result<std::unique_ptr<PostgresLog>> PostgresLog::open(std::string const& address, std::string const& cluster,
                                                       Executor& executor, Clock const& clock, CallKeys& keys) {
  auto const connection = Connection::open(address, kPatience);
  if (!connection) return std::unexpected(connection.error());
  if (auto checked = check_store(**connection, cluster); !checked) return std::unexpected(checked.error());
  if (auto kept = keep_order(**connection); !kept) return std::unexpected(kept.error());
  auto const newest = postgres::newest_event(**connection);
  if (!newest) return std::unexpected(newest.error());
  return std::unique_ptr<PostgresLog>(new PostgresLog(address, *newest, executor, clock, keys));
}

PostgresLog::PostgresLog(std::string const& address, Time newest_event, Executor& executor, Clock const& clock,
                         CallKeys& keys)
    : executor_(executor),
      clock_(clock),
      keys_(keys),
      newest_event_(newest_event),
      writer_(address, keys),
      appender_(address, keys, outage_),
      look_ups_(address),
      reads_(address),
      views_(address) {}

PostgresLog::~PostgresLog() {
  appender_.stop();  // what is owned is let go of behind the last batch
  std::vector<std::string> workers;
  {
    Lock const hold(workers_mutex_);
    workers.assign(workers_.begin(), workers_.end());
  }
  // Once: who cannot tell is found out when the leases run out.
  writer_.post(
      WriteThread::Job{.write = [workers = std::move(workers)](
                                    Connection& connection, WriterSeals&) { return release_all(connection, workers); },
                       .answer = [](Result<void> const&) {}});
}

void PostgresLog::own_as(std::string const& worker) {
  Lock const hold(workers_mutex_);
  workers_.insert(worker);
}

// --- between the threads ---

template <typename T>
void PostgresLog::answer(Then<T> then, Result<T> result) {
  executor_.post(
      [then = std::move(then), result = std::make_shared<Result<T>>(std::move(result))] { then(std::move(*result)); });
}

template <typename T>
void PostgresLog::write(Writing<T> work, Then<T> then) {
  auto made = std::make_shared<std::optional<T>>();
  writer_.post(WriteThread::Job{
      .write = [work = std::move(work), made](Connection& connection, WriterSeals& seals) -> Result<void> {
        auto result = work(connection, seals);
        if (!result) return std::unexpected(result.error());
        *made = std::move(*result);
        return {};
      },
      .answer =
          [this, then = std::move(then), made](Result<void> written) {
            if (written) answer<T>(then, std::move(**made));
            else answer<T>(then, std::unexpected(written.error()));
          }});
}

// A connection that was lost while nobody used it, as by a server that was started again, costs the reader nothing; a
// call that was sealed anew meanwhile is looked at once more.
template <typename T, typename Look>
static Result<T> look(Link& link, CallKeys& keys, Look const& work) {
  for (int tries = 1;; ++tries) {
    auto const connection = link.get();
    if (!connection) return std::unexpected(connection.error());
    auto result = look_again<T>([&](bool last_try) {
      Seals seals(keys, last_try);
      return work(**connection, seals);
    });
    if (result || result.error().code != "store_failed") return result;
    bool const was_lost = (*connection)->broken();
    link.reset();
    if (!was_lost || tries == 2) return result;
  }
}

template <typename T>
void PostgresLog::read_on(ReadThread& thread, Looking<T> work, Then<T> then) {
  thread.post([this, work = std::move(work), then = std::move(then)](Link& link) mutable {
    answer<T>(std::move(then), look<T>(link, keys_, work));
  });
}

void PostgresLog::set_aside(std::string call, std::string why) {
  writer_.post(WriteThread::Job{
      [this, call = std::move(call), why = std::move(why)](Connection& connection, WriterSeals&) -> Result<void> {
        auto const done = postgres::set_aside(connection, call, why);
        if (!done) return std::unexpected(done.error());
        if (*done) ++damaged_;
        return {};
      }});
}

// --- CallLog ---

void PostgresLog::append(Append batch, Then<std::int64_t> then) {
  if (batch.opening) own_as(batch.opening->worker);
  appender_.post({std::move(batch), [this, then = std::move(then)](Result<std::int64_t> result) {
                    answer<std::int64_t>(then, std::move(result));
                  }});
}

void PostgresLog::read(std::string call, std::int64_t after, std::size_t most, Then<std::vector<Event>> then) {
  read_on<std::vector<Event>>(
      reads_,
      [this, call = std::move(call), after, most](Connection& connection, Seals& seals) {
        auto events = read_from(connection, seals, call, after, most);
        if (!events && events.error().code == "damaged") set_aside(call, events.error().message);
        return events;
      },
      std::move(then));
}

// First what may be claimed is looked for and read through, off the writing thread; what is whole is then taken, if it
// still is without an owner. After the store was away leases have run out whose owners live: they renew them first.
void PostgresLog::claim(Part part, std::string worker, std::size_t most, Then<std::vector<Claimed>> then) {
  own_as(worker);
  look_ups_.post([this, part, worker = std::move(worker), most, then = std::move(then)](Link& link) {
    auto found = look<std::vector<OpenPart>>(
        link, keys_, [&](Connection& connection, Seals& seals) { return open_parts(connection, seals, part, most); });
    if (!found) {
      outage_.note();
      return answer<std::vector<Claimed>>(then, std::unexpected(found.error()));
    }
    if (!outage_.is_over()) return answer<std::vector<Claimed>>(then, {});
    std::vector<std::string> whole;
    for (auto& open : *found) {
      if (open.damaged.empty()) whole.push_back(std::move(open.call));
      else set_aside(std::move(open.call), std::move(open.damaged));
    }
    if (whole.empty()) return answer<std::vector<Claimed>>(then, {});
    take(std::move(whole), part, worker, then);
  });
}

// Each call in a transaction of its own: what was taken before one that fails is answered, and is the worker's.
void PostgresLog::take(std::vector<std::string> calls, Part part, std::string const& worker,
                       Then<std::vector<Claimed>> then) {
  auto taken = std::make_shared<std::vector<Claimed>>();
  for (auto const& call : calls) {
    bool const last = &call == &calls.back();
    writer_.post(WriteThread::Job{
        .write = [call, part, worker, taken](Connection& connection, WriterSeals& seals) -> Result<void> {
          auto claimed = postgres::take(connection, seals, call, part, worker);
          if (!claimed) return std::unexpected(claimed.error());
          if (*claimed) taken->push_back(std::move(**claimed));
          return {};
        },
        .answer =
            [this, call, taken, last, then](Result<void> const& done) {
              if (!done && done.error().code == "damaged") set_aside(call, done.error().message);
              if (!last) return;
              bool const failed = !done && done.error().code == "store_failed";
              if (failed && taken->empty()) answer<std::vector<Claimed>>(then, std::unexpected(done.error()));
              else answer<std::vector<Claimed>>(then, std::move(*taken));
            }});
  }
}

void PostgresLog::claim_call(Part part, std::string worker, std::string call, Then<std::optional<Claimed>> then) {
  own_as(worker);
  if (!outage_.is_over()) return answer<std::optional<Claimed>>(std::move(then), std::nullopt);
  write<std::optional<Claimed>>(
      [call = std::move(call), part, worker = std::move(worker)](Connection& connection, WriterSeals& seals) {
        return postgres::take(connection, seals, call, part, worker);
      },
      std::move(then));
}

void PostgresLog::renew(std::vector<Lease> leases, Then<std::vector<Lease>> then) {
  write<std::vector<Lease>>([leases = std::move(leases)](Connection& connection,
                                                         WriterSeals&) { return postgres::renew(connection, leases); },
                            std::move(then));
}

void PostgresLog::release(Lease lease) {
  writer_.post(WriteThread::Job{[lease = std::move(lease)](Connection& connection, WriterSeals&) {
    return postgres::release(connection, lease);
  }});
}

void PostgresLog::follow(Unsettled what, Then<std::vector<Sequenced>> then) {
  read_on<std::vector<Sequenced>>(
      reads_,
      [this, what = std::move(what)](Connection& connection, Seals& seals) -> Result<std::vector<Sequenced>> {
        auto settled = settled_of(connection, what.consumer);
        if (!settled) return std::unexpected(settled.error());
        {
          Lock const hold(settled_mutex_);
          if (auto const said = settled_.find(what.consumer); said != settled_.end()) settled->add(said->second);
        }
        auto found = follow_from(connection, seals, what, *settled);
        if (!found) return std::unexpected(found.error());
        for (auto const& [call, why] : found->damaged) set_aside(call, why);
        return std::move(found->events);
      },
      std::move(then));
}

void PostgresLog::settle(std::string consumer, std::int64_t first, std::int64_t last) {
  {
    Lock const hold(settled_mutex_);
    settled_[consumer].add(first, last);
  }
  writer_.post(WriteThread::Job{[consumer = std::move(consumer), first, last](Connection& connection, WriterSeals&) {
    return postgres::settle(connection, consumer, first, last);
  }});
}

void PostgresLog::consumers(Then<std::vector<std::string>> then) {
  read_on<std::vector<std::string>>(
      reads_, [](Connection& connection, Seals&) { return list_consumers(connection); }, std::move(then));
}

void PostgresLog::redact(std::string call, std::vector<Redaction> events, Then<std::int64_t> then) {
  take_back(
      [this, call = std::move(call), events = std::move(events)](Connection& connection, WriterSeals& seals) {
        return postgres::redact(connection, seals, call, events, clock_.now());
      },
      std::move(then));
}

void PostgresLog::erase(std::string call, Then<void> then) {
  take_back([call = std::move(call)](Connection& connection,
                                     WriterSeals& seals) { return postgres::erase(connection, seals, call); },
            [then = std::move(then)](Result<std::int64_t> const& erased) {
              then(erased ? Result<void>() : std::unexpected(erased.error()));
            });
}

// A key is destroyed when nothing needs it for certain: a commit that failed may have got through all the same, so the
// keys that it would have left behind wait for whoever looks for keys that no call names.
void PostgresLog::take_back(Writing<Resealed> work, Then<std::int64_t> then) {
  auto taken = std::make_shared<Resealed>();
  writer_.post(WriteThread::Job{
      .write = [work = std::move(work), taken](Connection& connection, WriterSeals& seals) -> Result<void> {
        auto const done = work(connection, seals);
        if (!done) return std::unexpected(done.error());
        *taken = *done;
        return {};
      },
      .answer =
          [this, then = std::move(then), taken](Result<void> const& written) {
            auto const gone = written ? destroy(taken->key) : written;
            answer<std::int64_t>(then, gone ? Result<std::int64_t>(taken->first) : std::unexpected(gone.error()));
          }});
}

Result<void> PostgresLog::destroy(KeyId key) {
  if (key != 0) doomed_.push_back(key);
  while (!doomed_.empty()) {
    if (auto done = keys_.destroy(doomed_.back()); !done) return done;
    doomed_.pop_back();
  }
  return {};
}

// --- CallIndex ---

void PostgresLog::list(CallFilter filter, Then<std::vector<CallSummary>> then) {
  read_on<std::vector<CallSummary>>(
      views_,
      [filter = std::move(filter)](Connection& connection, Seals& seals) {
        return list_calls(connection, seals, filter);
      },
      std::move(then));
}

void PostgresLog::load(std::string call, Then<CallRecord> then) {
  read_on<CallRecord>(
      views_,
      [call = std::move(call)](Connection& connection, Seals& seals) { return load_call(connection, seals, call); },
      std::move(then));
}

void PostgresLog::find(std::string call, Then<KnownCall> then) {
  read_on<KnownCall>(
      look_ups_, [call = std::move(call)](Connection& connection, Seals&) { return find_call(connection, call); },
      std::move(then));
}

void PostgresLog::stored(Then<StoredBytes> then) {
  read_on<StoredBytes>(
      views_, [](Connection& connection, Seals&) { return stored_bytes(connection); }, std::move(then));
}

}  // namespace sotto::postgres
