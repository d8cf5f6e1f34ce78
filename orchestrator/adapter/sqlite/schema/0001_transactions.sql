-- Version 1. What the columns mean: orchestrator/doc/tables.md.
-- Times are microseconds since 1970 (UTC); 0 means "never happened". Names of the numbers are in the views.

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE global_transaction (
  id                 INTEGER PRIMARY KEY,
  gid                TEXT    NOT NULL UNIQUE,
  mode               INTEGER NOT NULL,
  protocol           INTEGER NOT NULL,
  status             INTEGER NOT NULL,
  version            INTEGER NOT NULL,
  create_time        INTEGER NOT NULL,
  update_time        INTEGER NOT NULL,
  finish_time        INTEGER NOT NULL,
  next_wake          INTEGER,
  wait_result        INTEGER NOT NULL,
  concurrent         INTEGER NOT NULL,
  delay              INTEGER NOT NULL,
  limited_retries    INTEGER NOT NULL,
  definition_version INTEGER NOT NULL,
  definition         TEXT,
  options            TEXT,
  predecessors       TEXT,
  query_prepared     TEXT,
  rollback_reason    TEXT,
  custom_data        TEXT
);

-- Open transactions only, so ended ones cost nothing here. Enough for "what is due" and "how many are open".
CREATE INDEX open_transaction ON global_transaction (next_wake, status, create_time) WHERE status < 4;

-- Failed transactions are rare and are what people look for.
CREATE INDEX failed_transaction ON global_transaction (status) WHERE status = 5;

-- One row of a transaction: key = transaction id * 4096 + row number.
CREATE TABLE branch (
  key            INTEGER PRIMARY KEY,
  op             INTEGER NOT NULL,
  status         INTEGER NOT NULL,
  called         INTEGER NOT NULL,
  attempts       INTEGER NOT NULL,
  unknown_streak INTEGER NOT NULL,
  answered       INTEGER NOT NULL,
  last_outcome   INTEGER NOT NULL,
  next_attempt   INTEGER NOT NULL,
  finish_time    INTEGER NOT NULL,
  branch_id      TEXT    NOT NULL,
  target         TEXT    NOT NULL,
  last_error     TEXT,
  payload        BLOB
);

CREATE TABLE history (
  transaction_id INTEGER NOT NULL,
  number         INTEGER NOT NULL,
  time           INTEGER NOT NULL,
  kind           INTEGER NOT NULL,
  op             INTEGER NOT NULL,
  attempt        INTEGER NOT NULL,
  outcome        INTEGER NOT NULL,
  branch_id      TEXT,
  text           TEXT,
  actor          TEXT,
  PRIMARY KEY (transaction_id, number)
) WITHOUT ROWID;

CREATE VIEW transaction_view AS
SELECT
  id,
  gid,
  CASE mode WHEN 1 THEN 'saga' WHEN 2 THEN 'tcc' WHEN 3 THEN 'msg' ELSE mode END AS mode,
  CASE protocol WHEN 1 THEN 'http' WHEN 2 THEN 'grpc' ELSE protocol END AS protocol,
  CASE status WHEN 1 THEN 'prepared' WHEN 2 THEN 'submitted' WHEN 3 THEN 'aborting' WHEN 4 THEN 'succeed'
    WHEN 5 THEN 'failed' ELSE status END AS status,
  version,
  CASE create_time WHEN 0 THEN NULL
    ELSE strftime('%Y-%m-%dT%H:%M:%fZ', create_time / 1e6, 'unixepoch') END AS create_time,
  CASE update_time WHEN 0 THEN NULL
    ELSE strftime('%Y-%m-%dT%H:%M:%fZ', update_time / 1e6, 'unixepoch') END AS update_time,
  CASE finish_time WHEN 0 THEN NULL
    ELSE strftime('%Y-%m-%dT%H:%M:%fZ', finish_time / 1e6, 'unixepoch') END AS finish_time,
  strftime('%Y-%m-%dT%H:%M:%fZ', next_wake / 1e6, 'unixepoch') AS next_wake,
  rollback_reason,
  options,
  definition,
  custom_data
FROM global_transaction;

CREATE VIEW branch_view AS
SELECT
  t.id AS id,
  t.gid AS gid,
  b.key % 4096 AS row,
  b.branch_id AS branch_id,
  CASE b.op WHEN 1 THEN 'action' WHEN 2 THEN 'compensate' WHEN 3 THEN 'confirm' WHEN 4 THEN 'cancel'
    WHEN 5 THEN 'msg' ELSE b.op END AS op,
  CASE b.status WHEN 1 THEN 'prepared' WHEN 2 THEN 'succeed' WHEN 3 THEN 'failed' ELSE b.status END AS status,
  b.target AS target,
  b.attempts AS attempts,
  CASE WHEN b.answered = 0 THEN NULL ELSE
    CASE b.last_outcome WHEN 1 THEN 'success' WHEN 2 THEN 'failure' WHEN 3 THEN 'ongoing' WHEN 4 THEN 'unknown'
      ELSE b.last_outcome END END AS last_outcome,
  b.last_error AS last_error,
  CASE b.next_attempt WHEN 0 THEN NULL
    ELSE strftime('%Y-%m-%dT%H:%M:%fZ', b.next_attempt / 1e6, 'unixepoch') END AS next_attempt,
  CASE b.finish_time WHEN 0 THEN NULL
    ELSE strftime('%Y-%m-%dT%H:%M:%fZ', b.finish_time / 1e6, 'unixepoch') END AS finish_time,
  CAST(COALESCE(b.payload,
    (SELECT p.payload FROM branch AS p
     WHERE p.key >= t.id * 4096 AND p.key < b.key AND p.payload IS NOT NULL ORDER BY p.key DESC LIMIT 1)) AS TEXT)
    AS payload
FROM global_transaction AS t
JOIN branch AS b ON b.key BETWEEN t.id * 4096 AND t.id * 4096 + 4095;

CREATE VIEW history_view AS
SELECT
  t.gid AS gid,
  h.number AS number,
  strftime('%Y-%m-%dT%H:%M:%fZ', h.time / 1e6, 'unixepoch') AS time,
  CASE h.kind WHEN 1 THEN 'prepared' WHEN 2 THEN 'submitted' WHEN 3 THEN 'registered' WHEN 4 THEN 'answered'
    WHEN 5 THEN 'aborting' WHEN 6 THEN 'ended' WHEN 7 THEN 'abort requested' WHEN 8 THEN 'retry requested'
    ELSE h.kind END AS kind,
  h.branch_id AS branch_id,
  CASE WHEN h.branch_id IS NULL THEN NULL ELSE
    CASE h.op WHEN 1 THEN 'action' WHEN 2 THEN 'compensate' WHEN 3 THEN 'confirm' WHEN 4 THEN 'cancel'
      WHEN 5 THEN 'msg' ELSE h.op END END AS op,
  CASE h.attempt WHEN 0 THEN NULL ELSE h.attempt END AS attempt,
  CASE h.kind WHEN 4 THEN
    CASE h.outcome WHEN 1 THEN 'success' WHEN 2 THEN 'failure' WHEN 3 THEN 'ongoing' WHEN 4 THEN 'unknown'
      ELSE h.outcome END END AS outcome,
  h.text AS text,
  h.actor AS actor
FROM history AS h
JOIN global_transaction AS t ON t.id = h.transaction_id;
