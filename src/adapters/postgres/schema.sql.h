// The tables of the shared store. A change is a new migration: append, never edit; sotto.migrations counts them. All
// names are written out: whoever connects may have any search path, and PgBouncer keeps none.
#pragma once

namespace sotto::postgres {

inline constexpr char const* kMigrations[] = {
    R"sql(
CREATE SCHEMA sotto;
CREATE TABLE sotto.migrations (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
-- cluster: whose store this is. base: what is added to a transaction's number to get its place in the order of all
-- calls, which must go on growing where the database was restored into a younger server.
CREATE TABLE sotto.store (
  one boolean PRIMARY KEY DEFAULT true CHECK (one), cluster text NOT NULL, base bigint NOT NULL
);

-- key: under which the call's texts are sealed (ports/call_keys.h). damaged: why the call cannot be read. erased:
-- nothing is left but that there was a call. last_number: of its events. Rows change often: room is left for that.
CREATE TABLE sotto.calls (
  id text COLLATE "C" PRIMARY KEY, tenant text NOT NULL, region text NOT NULL, team text NOT NULL,
  agent text NOT NULL, started_us bigint NOT NULL,
  info bytea NOT NULL, resume_digest text NOT NULL, key bigint NOT NULL, last_number bigint NOT NULL DEFAULT 0,
  live boolean NOT NULL DEFAULT true, end_reason text NOT NULL DEFAULT '', duration_ms bigint NOT NULL DEFAULT 0,
  cues bigint NOT NULL DEFAULT 0, late bigint NOT NULL DEFAULT 0, heard double precision NOT NULL DEFAULT 1,
  damaged text NOT NULL DEFAULT '', erased boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70);
CREATE INDEX calls_by_key ON sotto.calls (key);
CREATE INDEX calls_by_start ON sotto.calls (started_us DESC, id);
CREATE INDEX calls_by_tenant ON sotto.calls (tenant, started_us DESC, id);
CREATE INDEX calls_by_team ON sotto.calls (tenant, team, started_us DESC, id);
CREATE INDEX calls_by_agent ON sotto.calls (tenant, agent, started_us DESC, id);

-- decided: end of the stored decided prefix, in samples of the source's rate (compare-and-set)
CREATE TABLE sotto.tracks (
  call text COLLATE "C" NOT NULL, tenant text NOT NULL, track bigint NOT NULL, decided bigint NOT NULL, PRIMARY KEY (call, track)
) WITH (fillfactor = 70);
CREATE TABLE sotto.ledger (
  call text COLLATE "C" NOT NULL, tenant text NOT NULL, track bigint NOT NULL, first bigint NOT NULL, past bigint NOT NULL,
  coverage bigint NOT NULL, utterance bigint NOT NULL, reason text NOT NULL, PRIMARY KEY (call, track, first)
);

-- sequence: the place in the order of all calls, of the transaction's number and the event's turn in it.
CREATE TABLE sotto.events (
  sequence bigint PRIMARY KEY, call text COLLATE "C" NOT NULL, tenant text NOT NULL, number bigint NOT NULL, type text NOT NULL,
  time_us bigint NOT NULL, body bytea NOT NULL, UNIQUE (call, number)
);
-- Rare among all events, so that who follows them alone reads over no others
CREATE INDEX events_webhook ON sotto.events (sequence) WHERE type = 'sotto.webhook.requested';

-- Who writes a part of a call (ports/call_log.h). fence 0: nobody has yet; owner '': nobody does. batch: the last one
-- applied, first: the number of its first event, or of the next event where it had none.
CREATE TABLE sotto.parts (
  call text COLLATE "C" NOT NULL, tenant text NOT NULL, part bigint NOT NULL, started_us bigint NOT NULL, fence bigint NOT NULL,
  owner text NOT NULL, lease_until timestamptz NOT NULL, batch bigint NOT NULL DEFAULT 0,
  first bigint NOT NULL DEFAULT 1,
  consumed bigint NOT NULL DEFAULT 0, snapshot bytea NOT NULL DEFAULT '', done boolean NOT NULL DEFAULT false,
  PRIMARY KEY (call, part)
) WITH (fillfactor = 70);
CREATE INDEX parts_open ON sotto.parts (part, started_us, call) WHERE NOT done;

-- sequence: every event up to it has had its effect; ahead: ranges beyond it (call/settled.h)
CREATE TABLE sotto.consumers (name text COLLATE "C" PRIMARY KEY, sequence bigint NOT NULL, ahead text NOT NULL);

-- Keys of calls, each sealed under the key of an epoch, which stands elsewhere (postgres_keys.h)
CREATE TABLE sotto.epochs (
  id bigint PRIMARY KEY, made timestamptz NOT NULL DEFAULT clock_timestamp(), closed boolean NOT NULL DEFAULT false
);
CREATE TABLE sotto.keys (
  id bigint PRIMARY KEY, epoch bigint NOT NULL, sealed bytea NOT NULL,
  made timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX keys_by_epoch ON sotto.keys (epoch);
CREATE SEQUENCE sotto.key_ids;

-- Whose rows a transaction sees and writes is what it says first: sotto.tenant, '*' for those of all. One that says
-- nothing sees none.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['calls', 'tracks', 'ledger', 'events', 'parts'] LOOP
    EXECUTE format('ALTER TABLE sotto.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE sotto.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_tenant ON sotto.%I USING '
                   '(current_setting(''sotto.tenant'', true) IN (''*'', tenant))', name);
  END LOOP;
END $$;
)sql",
    R"sql(
-- Who read, changed or erased what (adapters/access_chain). Lines are added, and that is all.
CREATE TABLE sotto.access (number bigint PRIMARY KEY, line text NOT NULL);
CREATE FUNCTION sotto.only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the access log is only added to';
END $$;
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON sotto.access
  FOR EACH STATEMENT EXECUTE FUNCTION sotto.only_added();
)sql",
    R"sql(
-- stored: bytes of the call's events, told when a part of it is done. The owner, too, sees the rows of a tenant alone.
ALTER TABLE sotto.calls ADD COLUMN stored bigint NOT NULL DEFAULT 0;
SELECT set_config('sotto.tenant', '*', true);
UPDATE sotto.calls SET stored = (SELECT coalesce(sum(octet_length(body)), 0) FROM sotto.events WHERE call = id);
CREATE INDEX calls_stored ON sotto.calls (tenant, stored);
)sql"};

}  // namespace sotto::postgres
