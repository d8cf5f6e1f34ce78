-- Version 2: workflows (their name and result), and small records beside the transactions. The views are made again
-- because they name the new modes, ops, protocols and columns.

ALTER TABLE global_transaction ADD COLUMN workflow TEXT;
ALTER TABLE global_transaction ADD COLUMN result TEXT;

-- An id is never used again, so that a reader who pages by id sees no record twice.
CREATE TABLE kv (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  category    TEXT    NOT NULL,
  key         TEXT    NOT NULL,
  value       TEXT    NOT NULL,
  version     INTEGER NOT NULL,
  create_time INTEGER NOT NULL,
  update_time INTEGER NOT NULL,
  UNIQUE (category, key)
);

DROP VIEW transaction_view;
DROP VIEW branch_view;
DROP VIEW history_view;

CREATE VIEW transaction_view AS
SELECT
  id,
  gid,
  CASE mode WHEN 1 THEN 'saga' WHEN 2 THEN 'tcc' WHEN 3 THEN 'msg' WHEN 4 THEN 'xa' WHEN 5 THEN 'workflow'
    ELSE mode END AS mode,
  CASE protocol WHEN 1 THEN 'http' WHEN 2 THEN 'grpc' WHEN 3 THEN 'json-rpc' ELSE protocol END AS protocol,
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
  custom_data,
  workflow,
  result
FROM global_transaction;

CREATE VIEW branch_view AS
SELECT
  t.id AS id,
  t.gid AS gid,
  b.key % 4096 AS row,
  b.branch_id AS branch_id,
  CASE b.op WHEN 1 THEN 'action' WHEN 2 THEN 'compensate' WHEN 3 THEN 'confirm' WHEN 4 THEN 'cancel'
    WHEN 5 THEN 'msg' WHEN 6 THEN 'try' WHEN 7 THEN 'commit' WHEN 8 THEN 'rollback' WHEN 9 THEN 'callback'
    WHEN 10 THEN 'business' ELSE b.op END AS op,
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
    WHEN 9 THEN 'force stopped'
    ELSE h.kind END AS kind,
  h.branch_id AS branch_id,
  CASE WHEN h.branch_id IS NULL THEN NULL ELSE
    CASE h.op WHEN 1 THEN 'action' WHEN 2 THEN 'compensate' WHEN 3 THEN 'confirm' WHEN 4 THEN 'cancel'
      WHEN 5 THEN 'msg' WHEN 6 THEN 'try' WHEN 7 THEN 'commit' WHEN 8 THEN 'rollback' WHEN 9 THEN 'callback'
      WHEN 10 THEN 'business' ELSE h.op END END AS op,
  CASE h.attempt WHEN 0 THEN NULL ELSE h.attempt END AS attempt,
  CASE h.kind WHEN 4 THEN
    CASE h.outcome WHEN 1 THEN 'success' WHEN 2 THEN 'failure' WHEN 3 THEN 'ongoing' WHEN 4 THEN 'unknown'
      ELSE h.outcome END END AS outcome,
  h.text AS text,
  h.actor AS actor
FROM history AS h
JOIN global_transaction AS t ON t.id = h.transaction_id;
