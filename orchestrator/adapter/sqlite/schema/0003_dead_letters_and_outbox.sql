-- Version 3: branch ops that fail for long or for good, messages on their way to a broker, and jobs over dead letters.

ALTER TABLE branch ADD COLUMN retry TEXT;
ALTER TABLE branch ADD COLUMN trouble INTEGER;

-- What only a branch op in trouble has: those with trouble = 1. In a table of its own because nearly no row has any, and
-- an index here costs nothing where there is none.
CREATE TABLE branch_trouble (
  key           INTEGER PRIMARY KEY,
  on_fallback   INTEGER NOT NULL,
  first_failure INTEGER NOT NULL,
  last_failure  INTEGER NOT NULL,
  dead          INTEGER NOT NULL,
  dead_time     INTEGER NOT NULL,
  deaths        INTEGER NOT NULL
);

-- Dead letters, in the order of their transactions.
CREATE INDEX dead_branch ON branch_trouble (key) WHERE dead <> 0;

-- Ids are never used again: they are the order of commits, also after everything was published once.
CREATE TABLE outbox (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  create_time INTEGER NOT NULL,
  topic       TEXT    NOT NULL,
  key         TEXT    NOT NULL,
  headers     TEXT,
  value       BLOB
);

CREATE TABLE parked_message (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  park_time INTEGER NOT NULL,
  topic     TEXT    NOT NULL,
  partition INTEGER NOT NULL,
  offset    INTEGER NOT NULL,
  key       TEXT    NOT NULL,
  headers   TEXT,
  value     BLOB,
  reason    TEXT    NOT NULL,
  UNIQUE (topic, partition, offset)
);

-- State 0: its items are being written or deleted, which takes several commits.
CREATE TABLE job (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  token             TEXT    NOT NULL UNIQUE,
  state             INTEGER NOT NULL,
  create_time       INTEGER NOT NULL,
  start_time        INTEGER NOT NULL,
  end_time          INTEGER NOT NULL,
  rate              REAL    NOT NULL,
  max_in_flight     INTEGER NOT NULL,
  canary            INTEGER NOT NULL,
  stop_after_errors INTEGER NOT NULL,
  filter            TEXT,
  actor             TEXT,
  reason            TEXT,
  stop_reason       TEXT
);

CREATE TABLE job_item (
  job_id    INTEGER NOT NULL,
  number    INTEGER NOT NULL,
  state     INTEGER NOT NULL,
  gid       TEXT    NOT NULL,
  branch_id TEXT    NOT NULL,
  op        INTEGER NOT NULL,
  death     INTEGER NOT NULL,
  text      TEXT,
  PRIMARY KEY (job_id, number)
) WITHOUT ROWID;

-- Counts and "the next pending ones" without walking a whole job.
CREATE INDEX job_item_state ON job_item (job_id, state);

DROP VIEW branch_view;
DROP VIEW history_view;

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
    AS payload,
  b.retry AS retry,
  f.on_fallback AS on_fallback,
  CASE f.first_failure WHEN 0 THEN NULL
    ELSE strftime('%Y-%m-%dT%H:%M:%fZ', f.first_failure / 1e6, 'unixepoch') END AS first_failure,
  CASE f.last_failure WHEN 0 THEN NULL
    ELSE strftime('%Y-%m-%dT%H:%M:%fZ', f.last_failure / 1e6, 'unixepoch') END AS last_failure,
  CASE f.dead WHEN 0 THEN NULL WHEN 1 THEN 'attempts_used' WHEN 2 THEN 'unknown_method' WHEN 3 THEN 'contract'
    WHEN 4 THEN 'undecodable' ELSE f.dead END AS dead,
  CASE f.dead_time WHEN 0 THEN NULL
    ELSE strftime('%Y-%m-%dT%H:%M:%fZ', f.dead_time / 1e6, 'unixepoch') END AS dead_time,
  f.deaths AS deaths
FROM global_transaction AS t
JOIN branch AS b ON b.key BETWEEN t.id * 4096 AND t.id * 4096 + 4095
LEFT JOIN branch_trouble AS f ON f.key = b.key;

CREATE VIEW dead_letter_view AS
SELECT v.id AS id, v.gid AS gid, v.row AS row, v.branch_id AS branch_id, v.op AS op, v.dead AS reason,
  v.target AS target, v.attempts AS attempts, v.deaths AS death, v.first_failure AS first_failure,
  v.last_failure AS last_failure, v.dead_time AS dead_time, v.last_error AS last_error, v.payload AS payload
FROM branch_trouble AS d INDEXED BY dead_branch
CROSS JOIN global_transaction AS t ON t.id = d.key / 4096
CROSS JOIN branch_view AS v ON v.id = t.id AND v.row = d.key % 4096
WHERE d.dead <> 0 AND t.status < 4;

CREATE VIEW history_view AS
SELECT
  t.gid AS gid,
  h.number AS number,
  strftime('%Y-%m-%dT%H:%M:%fZ', h.time / 1e6, 'unixepoch') AS time,
  CASE h.kind WHEN 1 THEN 'prepared' WHEN 2 THEN 'submitted' WHEN 3 THEN 'registered' WHEN 4 THEN 'answered'
    WHEN 5 THEN 'aborting' WHEN 6 THEN 'ended' WHEN 7 THEN 'abort requested' WHEN 8 THEN 'retry requested'
    WHEN 9 THEN 'force stopped' WHEN 10 THEN 'dead' WHEN 11 THEN 'replayed' WHEN 12 THEN 'edited'
    WHEN 13 THEN 'resolved' WHEN 14 THEN 'discarded' WHEN 15 THEN 'fallback'
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

CREATE VIEW outbox_view AS
SELECT id, strftime('%Y-%m-%dT%H:%M:%fZ', create_time / 1e6, 'unixepoch') AS create_time, topic, key, headers,
  CAST(value AS TEXT) AS value
FROM outbox;

CREATE VIEW parked_message_view AS
SELECT id, strftime('%Y-%m-%dT%H:%M:%fZ', park_time / 1e6, 'unixepoch') AS park_time, reason, topic, partition, offset,
  key, headers, CAST(value AS TEXT) AS value
FROM parked_message;

CREATE VIEW job_view AS
SELECT
  j.token AS token,
  CASE j.state WHEN 0 THEN 'in the making' WHEN 1 THEN 'selected' WHEN 2 THEN 'running' WHEN 3 THEN 'stopping'
    WHEN 4 THEN 'done' WHEN 5 THEN 'stopped' ELSE j.state END AS state,
  CASE j.create_time WHEN 0 THEN NULL
    ELSE strftime('%Y-%m-%dT%H:%M:%fZ', j.create_time / 1e6, 'unixepoch') END AS create_time,
  CASE j.start_time WHEN 0 THEN NULL
    ELSE strftime('%Y-%m-%dT%H:%M:%fZ', j.start_time / 1e6, 'unixepoch') END AS start_time,
  CASE j.end_time WHEN 0 THEN NULL
    ELSE strftime('%Y-%m-%dT%H:%M:%fZ', j.end_time / 1e6, 'unixepoch') END AS end_time,
  j.actor AS actor,
  j.filter AS filter,
  j.reason AS reason,
  j.stop_reason AS stop_reason,
  (SELECT count(*) FROM job_item AS i WHERE i.job_id = j.id AND i.state = 1) AS pending,
  (SELECT count(*) FROM job_item AS i WHERE i.job_id = j.id AND i.state = 2) AS running,
  (SELECT count(*) FROM job_item AS i WHERE i.job_id = j.id AND i.state = 3) AS done,
  (SELECT count(*) FROM job_item AS i WHERE i.job_id = j.id AND i.state = 4) AS failed,
  (SELECT count(*) FROM job_item AS i WHERE i.job_id = j.id AND i.state = 5) AS skipped
FROM job AS j;

CREATE VIEW job_item_view AS
SELECT
  j.token AS token,
  i.number AS number,
  i.gid AS gid,
  i.branch_id AS branch_id,
  CASE i.op WHEN 1 THEN 'action' WHEN 2 THEN 'compensate' WHEN 3 THEN 'confirm' WHEN 4 THEN 'cancel'
    WHEN 5 THEN 'msg' WHEN 6 THEN 'try' WHEN 7 THEN 'commit' WHEN 8 THEN 'rollback' WHEN 9 THEN 'callback'
    WHEN 10 THEN 'business' ELSE i.op END AS op,
  i.death AS death,
  CASE i.state WHEN 1 THEN 'pending' WHEN 2 THEN 'running' WHEN 3 THEN 'done' WHEN 4 THEN 'failed'
    WHEN 5 THEN 'skipped' ELSE i.state END AS state,
  i.text AS text
FROM job_item AS i
JOIN job AS j ON j.id = i.job_id;
