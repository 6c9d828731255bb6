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
)sql",
    R"sql(
-- damaged: why the call cannot be read; it is shown so and left alone. crc: of the event's row (-1: without one)
ALTER TABLE calls ADD COLUMN damaged TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN crc INTEGER NOT NULL DEFAULT -1;
)sql",
    R"sql(
-- sequence: the place in the order of all calls. Older events get theirs call by call.
CREATE TABLE numbered_events (
  sequence INTEGER PRIMARY KEY, call TEXT NOT NULL, number INTEGER NOT NULL, type TEXT NOT NULL,
  time_us INTEGER NOT NULL, body TEXT NOT NULL, crc INTEGER NOT NULL DEFAULT -1, UNIQUE (call, number)
);
INSERT INTO numbered_events(call, number, type, time_us, body, crc)
  SELECT call, number, type, time_us, body, crc FROM events LEFT JOIN calls ON id = call
  ORDER BY started_us, call, number;
DROP TABLE events;
ALTER TABLE numbered_events RENAME TO events;
-- Who writes a part of a call (ports/call_log.h). fence 0: nobody has yet; owner '': nobody does. batch: the last one
-- applied, first: the number of its first event, or of the next event where it had none.
CREATE TABLE parts (
  call TEXT NOT NULL, part INTEGER NOT NULL, fence INTEGER NOT NULL DEFAULT 0, owner TEXT NOT NULL DEFAULT '',
  lease_until_us INTEGER NOT NULL DEFAULT 0, batch INTEGER NOT NULL DEFAULT 0, first INTEGER NOT NULL DEFAULT 1,
  consumed INTEGER NOT NULL DEFAULT 0, snapshot TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (call, part)
) WITHOUT ROWID;
CREATE INDEX parts_open ON parts(part, lease_until_us) WHERE done = 0;
-- sequence: every event up to it has had its effect
CREATE TABLE consumers (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
)sql",
    R"sql(
-- key: under which the call's texts are sealed (ports/call_keys.h); 0: in the clear, of an earlier version. crc is of
-- rows in the clear alone. erased: nothing is left but that there was a call
ALTER TABLE calls ADD COLUMN key INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
-- sequence: of the last event that was erased; none is given twice (AUTOINCREMENT would write a page more a commit)
CREATE TABLE given_sequences (sequence INTEGER NOT NULL);
INSERT INTO given_sequences VALUES(0);
-- What the next start has to do; overwrite: free pages may hold texts in the clear
CREATE TABLE upkeep (task TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO upkeep SELECT 'overwrite' WHERE EXISTS (SELECT 1 FROM calls);
)sql",
    R"sql(
-- ahead: ranges of places beyond `sequence` that have had their effect too (call/settled.h). Receivers of webhooks are
-- consumers: what waits for them is told by their places, in place of a queue.
ALTER TABLE consumers ADD COLUMN ahead TEXT NOT NULL DEFAULT '';
WITH asked AS (
  SELECT name, state, events.sequence AS place,
         min(CASE state WHEN 0 THEN events.sequence END) OVER (PARTITION BY name) AS waits
  FROM webhooks JOIN events USING (call, number)
)
INSERT INTO consumers(name, sequence, ahead)
  SELECT 'webhook/' || name, coalesce(waits - 1, max(place)),
         coalesce(group_concat(CASE WHEN state <> 0 AND place > waits THEN place || '-' || place END), '')
  FROM asked GROUP BY name;
DROP TABLE webhooks;
-- Rare among all events, so that who follows them alone reads over no others
CREATE INDEX events_webhook ON events(sequence) WHERE type = 'sotto.webhook.requested';
  )sql",
    R"sql(
-- team, agent: what calls are looked for by. Those of older calls stand in their sealed info: the next start takes them
-- from there (upkeep: scopes)
ALTER TABLE calls ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN agent TEXT NOT NULL DEFAULT '';
CREATE INDEX calls_by_tenant ON calls(tenant, started_us DESC);
CREATE INDEX calls_by_team ON calls(tenant, team, started_us DESC);
CREATE INDEX calls_by_agent ON calls(tenant, agent, started_us DESC);
INSERT INTO upkeep SELECT 'scopes' WHERE EXISTS (SELECT 1 FROM calls WHERE erased = 0);
)sql",
    R"sql(
-- region: where the server stood that heard the call; no earlier one said
ALTER TABLE calls ADD COLUMN region TEXT NOT NULL DEFAULT '';
)sql",
    R"sql(
-- stored: bytes of the call's events, told when a part of it is done
ALTER TABLE calls ADD COLUMN stored INTEGER NOT NULL DEFAULT 0;
UPDATE calls SET stored = (SELECT coalesce(sum(length(body)), 0) FROM events WHERE call = id);
CREATE INDEX calls_stored ON calls(tenant, stored);
)sql"};

}  // namespace sotto::sqlite
