#include "adapters/sqlite/sqlite_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "adapters/sqlite/schema.sql.h"
#include "base/json.h"

namespace sotto::sqlite {

// The writing connection. Made anew after a failed transaction: an I/O error leaves a connection in an unclear state.
struct SqliteStore::Writer {
  explicit Writer(std::unique_ptr<Database> opened)
      : database(std::move(opened)),
        insert_call(database->handle(),
                    "INSERT INTO calls(id, tenant, started_us, info, resume_digest) VALUES(?1, ?2, ?3, ?4, ?5) "
                    "ON CONFLICT(id) DO UPDATE SET id = id WHERE resume_digest = excluded.resume_digest"),
        insert_track(database->handle(), "INSERT INTO tracks VALUES(?1, ?2, 0) ON CONFLICT DO NOTHING"),
        move_decided(database->handle(),
                     "UPDATE tracks SET decided = ?3 WHERE call = ?1 AND track = ?2 AND decided IN (?3, ?4)"),
        insert_row(database->handle(), "INSERT INTO ledger VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING"),
        insert_event(database->handle(),
                     "INSERT INTO events VALUES(?1, ?2, ?3, ?4, ?5) "
                     "ON CONFLICT DO UPDATE SET body = body WHERE body = excluded.body"),
        count_cue(database->handle(), "UPDATE calls SET cues = cues + ?2, late = late + ?3 WHERE id = ?1"),
        end_call(database->handle(),
                 "UPDATE calls SET live = 0, end_reason = ?2, duration_ms = ?3, heard = ?4 WHERE id = ?1"),
        insert_webhook(database->handle(),
                       "INSERT INTO webhooks(name, call, number) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING"),
        settle_webhook(database->handle(), "UPDATE webhooks SET state = ?2 WHERE sequence = ?1 AND state = 0") {}

  Result<void> apply(StoreBatch const& batch);
  Result<void> open_call(StoreBatch const& batch);
  Result<void> apply_track(std::string const& call, TrackUpdate const& update);
  Result<void> apply_event(Event const& event);

  std::unique_ptr<Database> database;
  Statement insert_call, insert_track, move_decided, insert_row, insert_event, count_cue, end_call, insert_webhook,
      settle_webhook;
};

Result<void> SqliteStore::Writer::apply(StoreBatch const& batch) {
  if (batch.opened) {
    if (auto done = open_call(batch); !done) return done;
  }
  for (auto const& update : batch.tracks) {
    if (auto done = apply_track(batch.call, update); !done) return done;
  }
  for (auto const& event : batch.events) {
    if (auto done = apply_event(event); !done) return done;
  }
  return {};
}

Result<void> SqliteStore::Writer::open_call(StoreBatch const& batch) {
  auto const info = boost::json::serialize(to_json(*batch.opened));
  insert_call.bind(1, batch.call)
      .bind(2, batch.opened->tenant)
      .bind(3, batch.opened->started.time_since_epoch().count());
  if (auto done = insert_call.bind(4, info).bind(5, batch.resume_digest).run(); !done) return done;
  if (database->changes() == 0) return fail("conflict", "call " + batch.call + " exists already");
  for (auto const track : batch.opened->tracks) {
    if (auto done = insert_track.bind(1, batch.call).bind(2, static_cast<std::int64_t>(track)).run(); !done)
      return done;
  }
  return {};
}

Result<void> SqliteStore::Writer::apply_track(std::string const& call, TrackUpdate const& update) {
  auto const track = static_cast<std::int64_t>(update.track);
  move_decided.bind(1, call).bind(2, track).bind(3, update.decided_after).bind(4, update.decided_before);
  if (auto done = move_decided.run(); !done) return done;
  if (database->changes() == 0) {
    return fail("conflict", fmt::format("track {} of call {} is not decided up to {}", name(update.track), call,
                                        update.decided_before));
  }
  for (auto const& row : update.rows) {
    insert_row.bind(1, call).bind(2, track).bind(3, row.from).bind(4, row.to);
    insert_row.bind(5, static_cast<std::int64_t>(row.coverage)).bind(6, row.utterance).bind(7, row.reason);
    if (auto done = insert_row.run(); !done) return done;
  }
  return {};
}

Result<void> SqliteStore::Writer::apply_event(Event const& event) {
  auto const body = boost::json::serialize(to_cloud_event(event));
  insert_event.bind(1, event.call).bind(2, event.number).bind(3, event.type);
  if (auto done = insert_event.bind(4, event.time.time_since_epoch().count()).bind(5, body).run(); !done) return done;
  if (database->changes() == 0) {
    return fail("conflict", fmt::format("event {} of call {} exists with another content", event.number, event.call));
  }
  if (event.type == event_type::webhook_requested) {
    insert_webhook.bind(1, get_string(event.data, "webhook")).bind(2, event.call).bind(3, event.number);
    if (auto done = insert_webhook.run(); !done) return done;
  }
  bool const shown = event.type == event_type::cue_shown;
  bool const late = event.type == event_type::cue_closed && get_string(event.data, "reason") == "late";
  if (shown || late) {
    count_cue.bind(1, event.call).bind(2, std::int64_t{shown}).bind(3, std::int64_t{late});
    if (auto done = count_cue.run(); !done) return done;
  }
  if (event.type != event_type::call_ended) return {};
  double heard = 1.0;
  if (auto const* coverage = get_object(event.data, "coverage")) {
    double good = 0, due = 0;
    for (auto const& track : *coverage) {
      auto const& sums = track.value().get_object();
      good += get_double(sums, "final_ms") + get_double(sums, "silence_ms");
      due += get_double(sums, "final_ms") + get_double(sums, "silence_ms") + get_double(sums, "gap_ms");
    }
    if (due > 0) heard = good / due;
  }
  end_call.bind(1, event.call).bind(2, get_string(event.data, "reason")).bind(3, get_int(event.data, "duration_ms"));
  return end_call.bind(4, heard).run();
}

static Result<void> migrate(Database& database) {
  Statement version(database.handle(), "PRAGMA user_version");
  if (auto row = version.step(); !row) return std::unexpected(row.error());
  auto const done = version.integer(0);
  auto const known = static_cast<std::int64_t>(std::size(kMigrations));
  if (done > known)
    return fail("store_failed", fmt::format("the store has version {}, this program knows {}", done, known));
  for (auto next = done; next < known; ++next) {
    auto const sql = fmt::format("BEGIN; {}; PRAGMA user_version = {}; COMMIT;", kMigrations[next], next + 1);
    if (auto ran = database.execute(sql.c_str()); !ran) return ran;
  }
  return {};
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(std::filesystem::path const& directory, Executor& executor) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) return fail("store_failed", "cannot create " + directory.string() + ": " + failed.message());
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failed);
  int const lock = ::open((directory / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock < 0) return fail("store_failed", "cannot write in " + directory.string());
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return fail("store_in_use", directory.string() + " is in use by another sotto");
  }
  std::unique_ptr<SqliteStore> store(new SqliteStore(directory / "sotto.db", executor, lock));
  auto writing = Database::open(store->file_, false);
  if (!writing) return std::unexpected(writing.error());
  if (auto done = migrate(**writing); !done) return std::unexpected(done.error());
  store->writer_ = std::make_unique<Writer>(std::move(*writing));
  auto reading = Database::open(store->file_, true);
  if (!reading) return std::unexpected(reading.error());
  {
    Lock const hold(store->read_mutex_);
    store->reader_ = std::move(*reading);
  }
  store->thread_ = std::thread([raw = store.get()] { raw->run(); });
  return store;
}

SqliteStore::SqliteStore(std::filesystem::path file, Executor& executor, int lock)
    : file_(std::move(file)), executor_(executor), lock_(lock) {}

SqliteStore::~SqliteStore() {
  {
    Lock const hold(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
  ::close(lock_);
}

void SqliteStore::commit(StoreBatch batch, std::function<void(Result<void>)> done) {
  {
    Lock const hold(mutex_);
    jobs_.push_back({std::move(batch), std::move(done)});
  }
  work_.notify_one();
}

void SqliteStore::run() {
  for (;;) {
    std::deque<Job> jobs;
    {
      Lock const hold(mutex_);
      while (jobs_.empty() && settled_.empty() && !stopping_) work_.wait(mutex_);
      if (jobs_.empty() && settled_.empty()) return;
      jobs = std::exchange(jobs_, {});
      std::ranges::move(std::exchange(settled_, {}), std::back_inserter(unwritten_));
    }
    auto results = write(jobs);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      executor_.post(
          [done = std::move(jobs[i].done), result = std::move(results[i])]() mutable { done(std::move(result)); });
    }
  }
}

std::vector<Result<void>> SqliteStore::write(std::deque<Job> const& jobs) {
  std::vector<Result<void>> results(jobs.size());
  auto const fail_all = [&](Error const& error) {
    for (auto& result : results) result = std::unexpected(error);
    writer_.reset();
    return results;
  };
  if (!writer_) {
    auto again = Database::open(file_, false);
    if (!again) return fail_all(again.error());
    writer_ = std::make_unique<Writer>(std::move(*again));
  }
  auto& database = *writer_->database;
  if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return fail_all(begun.error());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (auto marked = database.execute("SAVEPOINT batch"); !marked) return fail_all(marked.error());
    results[i] = writer_->apply(jobs[i].batch);
    if (!results[i] && results[i].error().code != "conflict") return fail_all(results[i].error());
    auto const* close = results[i] ? "RELEASE batch" : "ROLLBACK TO batch; RELEASE batch";
    if (auto closed = database.execute(close); !closed) return fail_all(closed.error());
  }
  if (auto settled = write_settled(); !settled) return fail_all(settled.error());
  if (auto committed = database.execute("COMMIT"); !committed) return fail_all(committed.error());
  unwritten_.clear();
  return results;
}

Result<void> SqliteStore::write_settled() {
  auto& statement = writer_->settle_webhook;
  for (auto const& [sequence, outcome] : unwritten_) {
    if (auto done = statement.bind(1, sequence).bind(2, static_cast<std::int64_t>(outcome)).run(); !done) return done;
  }
  return {};
}

static Result<std::vector<LedgerRow>> load_ledger(Database& database, std::string const& call, Track track) {
  Statement rows(
      database.handle(),
      "SELECT first, past, coverage, utterance, reason FROM ledger WHERE call = ?1 AND track = ?2 ORDER BY first");
  rows.bind(1, call).bind(2, static_cast<std::int64_t>(track));
  std::vector<LedgerRow> out;
  for (;;) {
    auto const more = rows.step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return out;
    out.push_back(
        {rows.integer(0), rows.integer(1), static_cast<Coverage>(rows.integer(2)), rows.integer(3), rows.text(4)});
  }
}

static Result<Event> read_event(std::string const& body, std::int64_t time_us) {
  auto const object = parse_object(body);
  if (!object) return std::unexpected(object.error());
  auto event = event_from_cloud_event(*object);
  if (event) event->time = Time(Duration(time_us));
  return event;
}

static Result<std::vector<Event>> load_events(Database& database, std::string const& call) {
  Statement rows(database.handle(), "SELECT time_us, body FROM events WHERE call = ?1 ORDER BY number");
  rows.bind(1, call);
  std::vector<Event> out;
  for (;;) {
    auto const more = rows.step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return out;
    auto event = read_event(rows.text(1), rows.integer(0));
    if (!event) return std::unexpected(event.error());
    out.push_back(std::move(*event));
  }
}

Result<std::vector<StoredCall>> SqliteStore::load_where(std::string_view condition, std::string_view value) {
  Statement calls(reader_->handle(),
                  fmt::format("SELECT info, resume_digest, epoch, live FROM calls WHERE {}", condition));
  if (!value.empty()) calls.bind(1, value);
  std::vector<StoredCall> out;
  for (;;) {
    auto const more = calls.step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return out;
    auto const info = parse_object(calls.text(0));
    if (!info) return std::unexpected(info.error());
    StoredCall call{.info = call_info_from_json(*info),
                    .resume_digest = calls.text(1),
                    .epoch = calls.integer(2),
                    .live = calls.integer(3) != 0,
                    .ledger = {},
                    .events = {}};
    for (auto const track : call.info.tracks) {
      auto rows = load_ledger(*reader_, call.info.id, track);
      if (!rows) return std::unexpected(rows.error());
      call.ledger.emplace(track, std::move(*rows));
    }
    auto events = load_events(*reader_, call.info.id);
    if (!events) return std::unexpected(events.error());
    call.events = std::move(*events);
    out.push_back(std::move(call));
  }
}

void SqliteStore::settle(std::int64_t sequence, WebhookOutcome outcome) {
  {
    Lock const hold(mutex_);
    settled_.emplace_back(sequence, outcome);
  }
  work_.notify_one();
}

Result<std::vector<WebhookRequest>> SqliteStore::pending(std::string const& name, std::int64_t after, int limit) {
  Lock const hold(read_mutex_);
  Statement rows(reader_->handle(),
                 "SELECT sequence, time_us, body FROM webhooks JOIN events USING (call, number) "
                 "WHERE name = ?1 AND state = 0 AND sequence > ?2 ORDER BY sequence LIMIT ?3");
  rows.bind(1, name).bind(2, after).bind(3, static_cast<std::int64_t>(limit));
  std::vector<WebhookRequest> out;
  for (;;) {
    auto const more = rows.step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return out;
    auto event = read_event(rows.text(2), rows.integer(1));
    if (event) out.push_back({rows.integer(0), std::move(*event)});
    else out.push_back({rows.integer(0), {}});  // one broken row must not hold up those behind it
  }
}

Result<std::map<std::string, std::int64_t>> SqliteStore::pending_counts() {
  Lock const hold(read_mutex_);
  Statement rows(reader_->handle(), "SELECT name, count(*) FROM webhooks WHERE state = 0 GROUP BY name");
  std::map<std::string, std::int64_t> out;
  for (;;) {
    auto const more = rows.step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return out;
    out.emplace(rows.text(0), rows.integer(1));
  }
}

Result<bool> SqliteStore::exists(std::string const& call) {
  Lock const hold(read_mutex_);
  Statement found(reader_->handle(), "SELECT 1 FROM calls WHERE id = ?1");
  return found.bind(1, call).step();
}

Result<StoredCall> SqliteStore::load(std::string const& call) {
  Lock const hold(read_mutex_);
  auto found = load_where("id = ?1", call);
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return fail("no_such_call", "there is no call " + call);
  return std::move(found->front());
}

Result<std::vector<CallSummary>> SqliteStore::list(int limit) {
  Lock const hold(read_mutex_);
  Statement calls(
      reader_->handle(),
      "SELECT info, live, end_reason, duration_ms, (SELECT count(*) FROM events WHERE call = id), cues, late, heard "
      "FROM calls ORDER BY started_us DESC LIMIT ?1");
  calls.bind(1, static_cast<std::int64_t>(limit));
  std::vector<CallSummary> out;
  for (;;) {
    auto const more = calls.step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return out;
    auto const info = parse_object(calls.text(0));
    if (!info) return std::unexpected(info.error());
    out.push_back({.info = call_info_from_json(*info),
                   .live = calls.integer(1) != 0,
                   .end_reason = calls.text(2),
                   .duration_ms = calls.integer(3),
                   .events = calls.integer(4),
                   .cues = static_cast<int>(calls.integer(5)),
                   .late = static_cast<int>(calls.integer(6)),
                   .heard = calls.real(7)});
  }
}

Result<std::vector<StoredCall>> SqliteStore::adopt_live_calls() {
  auto writing = Database::open(file_, false);
  if (!writing) return std::unexpected(writing.error());
  if (auto moved = (*writing)->execute("UPDATE calls SET epoch = epoch + 1 WHERE live = 1"); !moved) {
    return std::unexpected(moved.error());
  }
  Lock const hold(read_mutex_);
  return load_where("live = 1", "");
}

}  // namespace sotto::sqlite
