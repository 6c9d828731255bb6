// The tables of the embedded store. A change is a new migration: append, never edit; user_version counts them.
#pragma once

namespace sotto::sqlite {

inline constexpr char const* kMigrations[] = {
    R"sql(
CREATE TABLE calls (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, started_us INTEGER NOT NULL, info TEXT NOT NULL,
  resume_digest TEXT NOT NULL,
  epoch INTEGER NOT NULL DEFAULT 1, live INTEGER NOT NULL DEFAULT 1, end_reason TEXT NOT NULL DEFAULT '',
  duration_ms INTEGER NOT NULL DEFAULT 0, cues INTEGER NOT NULL DEFAULT 0, late INTEGER NOT NULL DEFAULT 0,
  heard REAL NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE INDEX calls_by_start ON calls(started_us DESC);
CREATE INDEX calls_live ON calls(live) WHERE live = 1;
-- decided: end of the stored decided prefix, in samples of the source's rate (compare-and-set)
CREATE TABLE tracks (
  call TEXT NOT NULL, track INTEGER NOT NULL, decided INTEGER NOT NULL, PRIMARY KEY (call, track)
) WITHOUT ROWID;
CREATE TABLE ledger (
  call TEXT NOT NULL, track INTEGER NOT NULL, first INTEGER NOT NULL, past INTEGER NOT NULL, coverage INTEGER NOT NULL,
  utterance INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (call, track, first)
) WITHOUT ROWID;
-- body: the CloudEvent. Events are also the outbox: what is here was or will be published.
CREATE TABLE events (
  call TEXT NOT NULL, number INTEGER NOT NULL, type TEXT NOT NULL, time_us INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (call, number)
) WITHOUT ROWID;
)sql",
    R"sql(
-- What rules asked to be told to other systems, written with its event. state 0: pending, 1: delivered, 2: given up
CREATE TABLE webhooks (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, call TEXT NOT NULL, number INTEGER NOT NULL,
  state INTEGER NOT NULL DEFAULT 0, UNIQUE (call, number)
);
CREATE INDEX webhooks_pending ON webhooks(name, sequence) WHERE state = 0;
)sql"};

}  // namespace sotto::sqlite
