#include "adapters/sqlite/sqlite_log.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "adapters/sqlite/log_reader.h"
#include "adapters/sqlite/log_upkeep.h"

namespace sotto::sqlite {

static Result<std::unique_ptr<LogWriter>> connect(std::filesystem::path const& file, CallKeys& keys) {
  auto writing = Database::open(file, false);
  if (!writing) return std::unexpected(writing.error());
  return std::make_unique<LogWriter>(std::move(*writing), keys);
}

Result<std::unique_ptr<SqliteLog>> SqliteLog::open(std::filesystem::path const& directory, Executor& executor,
                                                   Clock const& clock, CallKeys& keys) {
  auto folder = StoreFolder::open(directory);
  if (!folder) return std::unexpected(folder.error());
  {
    auto writer = connect(folder->file(), keys);
    if (!writer) return std::unexpected(writer.error());
    if (auto begun = (*writer)->begin(); !begun) return std::unexpected(begun.error());
    if (auto sealed = seal_clear_calls(**writer, keys); !sealed) return std::unexpected(sealed.error());
    if (auto named = name_scopes((*writer)->database(), keys); !named) return std::unexpected(named.error());
    if (auto done = destroy_unnamed_keys((*writer)->database(), keys); !done) return std::unexpected(done.error());
  }
  auto reading = Database::open(folder->file(), true);
  if (!reading) return std::unexpected(reading.error());
  std::unique_ptr<SqliteLog> log(new SqliteLog(std::move(*folder), executor, clock, keys));
  log->reader_ = std::move(*reading);
  return log;
}

SqliteLog::SqliteLog(StoreFolder folder, Executor& executor, Clock const& clock, CallKeys& keys)
    : folder_(std::move(folder)),
      executor_(executor),
      clock_(clock),
      keys_(keys),
      writer_([this] { return connect(folder_.file(), keys_); }, gate_),
      look_ups_(folder_.file(), gate_),
      reads_(folder_.file(), gate_),
      views_(folder_.file(), gate_),
      check_([file = folder_.file()] { check_pages(file); }) {}

SqliteLog::~SqliteLog() = default;

// --- between the threads ---

template <typename T>
void SqliteLog::answer(Then<T> then, Result<T> result) {
  executor_.post(
      [then = std::move(then), result = std::make_shared<Result<T>>(std::move(result))] { then(std::move(*result)); });
}

template <typename T>
void SqliteLog::write(std::function<Result<T>(LogWriter&)> work, Then<T> then) {
  auto made = std::make_shared<std::optional<Result<T>>>();
  writer_.post({.apply = [work = std::move(work), made](LogWriter& writer) -> Result<void> {
                  *made = work(writer);
                  if (!**made) return std::unexpected((*made)->error());
                  return {};
                },
                .answer =
                    [this, then = std::move(then), made](Result<void> const& written) mutable {
                      if (written) answer<T>(std::move(then), std::move(**made));
                      else answer<T>(std::move(then), std::unexpected(written.error()));
                    }});
}

// Once more where a call was sealed anew meanwhile.
template <typename T, typename Work>
static Result<T> look(Database& database, CallKeys& keys, Work const& work) {
  return look_again<T>([&](bool last_try) {
    Seals seals(database, keys, last_try);
    return work(database, seals);
  });
}

template <typename T>
void SqliteLog::read_on(ReadThread& thread, Look<T> work, Then<T> then) {
  thread.post([this, work = std::move(work), then = std::move(then)](Result<Database*> database) mutable {
    answer<T>(std::move(then), database ? look<T>(**database, keys_, work) : std::unexpected(database.error()));
  });
}

void SqliteLog::set_aside(std::string call, std::string why) {
  writer_.post({[this, call = std::move(call), why = std::move(why)](LogWriter& writer) -> Result<void> {
    auto const done = writer.set_aside(call, why);
    if (!done) return std::unexpected(done.error());
    if (*done) ++damaged_;
    return {};
  }});
}

// --- CallLog ---

void SqliteLog::append(Append batch, Then<std::int64_t> then) {
  write<std::int64_t>(
      [this, batch = std::move(batch)](LogWriter& writer) { return writer.append(batch, clock_.now()); },
      std::move(then));
}

void SqliteLog::read(std::string call, std::int64_t after, std::size_t most, Then<std::vector<Event>> then) {
  read_on<std::vector<Event>>(
      reads_,
      [this, call = std::move(call), after, most](Database& database, Seals& seals) {
        auto events = read_from(database, seals, call, after, most);
        if (!events && events.error().code == "damaged") set_aside(call, events.error().message);
        return events;
      },
      std::move(then));
}

// First what may be claimed is looked for and read through, off the writing thread; what is whole is then taken, if it
// still is without an owner.
void SqliteLog::claim(Part part, std::string worker, std::size_t most, Then<std::vector<Claimed>> then) {
  look_ups_.post([this, part, worker = std::move(worker), most, then = std::move(then)](Result<Database*> database) {
    auto const parts = [&](Database& reading, Seals& seals) {
      return open_parts(reading, seals, part, clock_.now(), most);
    };
    auto found = database ? look<std::vector<OpenPart>>(**database, keys_, parts) : std::unexpected(database.error());
    if (!found) return answer<std::vector<Claimed>>(then, std::unexpected(found.error()));
    std::vector<std::string> whole;
    for (auto& open : *found) {
      if (open.damaged.empty()) whole.push_back(std::move(open.call));
      else set_aside(std::move(open.call), std::move(open.damaged));
    }
    if (whole.empty()) return answer<std::vector<Claimed>>(then, {});
    take(std::move(whole), part, worker, then);
  });
}

void SqliteLog::take(std::vector<std::string> calls, Part part, std::string worker, Then<std::vector<Claimed>> then) {
  write<std::vector<Claimed>>(
      [this, calls = std::move(calls), part,
       worker = std::move(worker)](LogWriter& writer) -> Result<std::vector<Claimed>> {
        std::vector<Claimed> out;
        for (auto const& call : calls) {
          auto taken = writer.take(call, part, worker, clock_.now());
          if (taken) {
            if (*taken) out.push_back(std::move(**taken));
          } else if (taken.error().code == "damaged") {
            set_aside(call, taken.error().message);
          } else {
            return std::unexpected(taken.error());
          }
        }
        return out;
      },
      std::move(then));
}

// Of what take() gives for one call.
static Then<std::vector<Claimed>> at_most_one(Then<std::optional<Claimed>> then) {
  return [then = std::move(then)](Result<std::vector<Claimed>> taken) {
    if (!taken) then(std::unexpected(taken.error()));
    else then(taken->empty() ? std::nullopt : std::optional(std::move(taken->front())));
  };
}

void SqliteLog::claim_call(Part part, std::string worker, std::string call, Then<std::optional<Claimed>> then) {
  take({std::move(call)}, part, std::move(worker), at_most_one(std::move(then)));
}

void SqliteLog::renew(std::vector<Lease> leases, Then<std::vector<Lease>> then) {
  write<std::vector<Lease>>(
      [this, leases = std::move(leases)](LogWriter& writer) { return writer.renew(leases, clock_.now()); },
      std::move(then));
}

void SqliteLog::release(Lease lease) {
  writer_.post({[lease = std::move(lease)](LogWriter& writer) { return writer.release(lease); }});
}

void SqliteLog::follow(Unsettled what, Then<std::vector<Sequenced>> then) {
  read_on<std::vector<Sequenced>>(
      reads_,
      [this, what = std::move(what)](Database& database, Seals& seals) -> Result<std::vector<Sequenced>> {
        auto settled = settled_of(database, what.consumer);
        if (!settled) return std::unexpected(settled.error());
        {
          Lock const hold(settled_mutex_);
          if (auto const said = settled_.find(what.consumer); said != settled_.end()) settled->add(said->second);
        }
        auto found = follow_from(database, seals, what, *settled);
        if (!found) return std::unexpected(found.error());
        for (auto const& [call, why] : found->damaged) set_aside(call, why);
        return std::move(found->events);
      },
      std::move(then));
}

void SqliteLog::settle(std::string consumer, std::int64_t first, std::int64_t last) {
  {
    Lock const hold(settled_mutex_);
    settled_[consumer].add(first, last);
  }
  writer_.post({[consumer = std::move(consumer), first, last](LogWriter& writer) {
    return writer.settle(consumer, first, last);
  }});
}

void SqliteLog::consumers(Then<std::vector<std::string>> then) {
  read_on<std::vector<std::string>>(
      reads_, [](Database& database, Seals&) { return list_consumers(database); }, std::move(then));
}

void SqliteLog::redact(std::string call, std::vector<Redaction> events, Then<std::int64_t> then) {
  take_back([this, call = std::move(call),
             events = std::move(events)](LogWriter& writer) { return writer.redact(call, events, clock_.now()); },
            std::move(then));
}

void SqliteLog::erase(std::string call, Then<void> then) {
  take_back([call = std::move(call)](LogWriter& writer) { return writer.erase(call); },
            [then = std::move(then)](Result<std::int64_t> const& erased) {
              then(erased ? Result<void>() : std::unexpected(erased.error()));
            });
}

// A key is destroyed when nothing needs it for certain: a commit that failed may have got through all the same, so the
// keys that it would have left behind wait for the next start.
void SqliteLog::take_back(std::function<Result<Resealed>(LogWriter&)> work, Then<std::int64_t> then) {
  auto taken = std::make_shared<Resealed>();
  writer_.post({.apply = [work = std::move(work), taken](LogWriter& writer) -> Result<void> {
                  auto const done = work(writer);
                  if (!done) return std::unexpected(done.error());
                  *taken = *done;
                  return {};
                },
                .answer =
                    [this, then = std::move(then), taken](Result<void> const& written) {
                      auto const gone = written ? destroy(taken->key) : written;
                      answer<std::int64_t>(then,
                                           gone ? Result<std::int64_t>(taken->first) : std::unexpected(gone.error()));
                    }});
}

Result<void> SqliteLog::destroy(KeyId key) {
  if (key != 0) doomed_.push_back(key);
  while (!doomed_.empty()) {
    if (auto done = keys_.destroy(doomed_.back()); !done) return done;
    doomed_.pop_back();
  }
  return {};
}

// --- CallIndex ---

void SqliteLog::list(CallFilter filter, Then<std::vector<CallSummary>> then) {
  read_on<std::vector<CallSummary>>(
      views_,
      [filter = std::move(filter)](Database& database, Seals& seals) { return list_calls(database, seals, filter); },
      std::move(then));
}

void SqliteLog::load(std::string call, Then<CallRecord> then) {
  read_on<CallRecord>(
      views_, [call = std::move(call)](Database& database, Seals& seals) { return load_call(database, seals, call); },
      std::move(then));
}

void SqliteLog::find(std::string call, Then<KnownCall> then) {
  read_on<KnownCall>(
      look_ups_, [call = std::move(call)](Database& database, Seals&) { return find_call(database, call); },
      std::move(then));
}

void SqliteLog::stored(Then<StoredBytes> then) {
  read_on<StoredBytes>(views_, [](Database& database, Seals&) { return stored_bytes(database); }, std::move(then));
}

Result<Time> SqliteLog::newest_event() {
  Lock const hold(reader_mutex_);
  ReadGate::Pass const reading(gate_);
  return sqlite::newest_event(*reader_);
}

}  // namespace sotto::sqlite
