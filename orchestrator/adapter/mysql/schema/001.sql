-- Version 1: DTM's own three tables where there are none (protocol 7.1), and beside them ours.
--
-- DTM's tables are made as DTM's script makes them, only wider where its columns would cut or refuse what clients send,
-- and with a collation that tells upper from lower case: DTM works on them unchanged. Tables that are there already stay
-- as they are; `sagad migrate --widen` changes their columns, `sagad doctor` says what that is good for.
--
-- Times are microseconds since 1970 UTC except in DTM's columns.

CREATE TABLE IF NOT EXISTS trans_global (
  id                 BIGINT(22)    NOT NULL AUTO_INCREMENT,
  gid                VARCHAR(128)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  trans_type         VARCHAR(45)   NOT NULL,
  status             VARCHAR(12)   NOT NULL,
  query_prepared     VARCHAR(1024) NOT NULL,
  protocol           VARCHAR(45)   NOT NULL,
  create_time        DATETIME      DEFAULT NULL,
  update_time        DATETIME      DEFAULT NULL,
  finish_time        DATETIME      DEFAULT NULL,
  rollback_time      DATETIME      DEFAULT NULL,
  options            TEXT,
  custom_data        MEDIUMTEXT,
  next_cron_interval INT(11)       DEFAULT NULL,
  next_cron_time     DATETIME      DEFAULT NULL,
  owner              VARCHAR(128)  NOT NULL DEFAULT '',
  ext_data           TEXT,
  result             MEDIUMTEXT,
  rollback_reason    TEXT,
  PRIMARY KEY (id),
  UNIQUE KEY gid (gid),
  KEY owner (owner),
  KEY status_next_cron_time (status, next_cron_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS trans_branch_op (
  id            BIGINT(22)    NOT NULL AUTO_INCREMENT,
  gid           VARCHAR(128)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  url           VARCHAR(1024) NOT NULL,
  data          TEXT,
  bin_data      LONGBLOB,
  branch_id     VARCHAR(128)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  op            VARCHAR(45)   NOT NULL,
  status        VARCHAR(45)   NOT NULL,
  finish_time   DATETIME      DEFAULT NULL,
  rollback_time DATETIME      DEFAULT NULL,
  create_time   DATETIME      DEFAULT NULL,
  update_time   DATETIME      DEFAULT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY gid_uniq (gid, branch_id, op)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS kv (
  id          BIGINT(22)   NOT NULL AUTO_INCREMENT,
  cat         VARCHAR(45)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  k           VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  v           MEDIUMTEXT,
  version     BIGINT(22)   DEFAULT 1,
  create_time DATETIME(6)  DEFAULT NULL,
  update_time DATETIME(6)  DEFAULT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uniq_k (cat, k)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- schema_version, and what else is said once for all.
CREATE TABLE IF NOT EXISTS sagad_meta (
  name  VARCHAR(64)  NOT NULL PRIMARY KEY,
  value VARCHAR(255) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The next id of a table that nobody has taken.
CREATE TABLE IF NOT EXISTS sagad_sequence (
  name    VARCHAR(32) NOT NULL PRIMARY KEY,
  next_id BIGINT      NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A row for every start of a sagad on this database. The id is the fencing token.
CREATE TABLE IF NOT EXISTS sagad_node (
  id          BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name        VARCHAR(255) NOT NULL,
  address     VARCHAR(255) NOT NULL,
  version     VARCHAR(64)  NOT NULL,
  state       TINYINT      NOT NULL, -- 1 live, 2 leaving, 3 gone: it left, or its lease ran out and somebody said so
  start_time  BIGINT       NOT NULL,
  lease_until BIGINT       NOT NULL, -- by the clock of the database
  beat        BIGINT       NOT NULL, -- one more with every renewal
  KEY state (state)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What DTM has no column for, of the transaction with this id in trans_global. A transaction without a row here was
-- DTM's and nobody has taken it over yet.
CREATE TABLE IF NOT EXISTS sagad_transaction (
  id        BIGINT     NOT NULL PRIMARY KEY,
  owner     BIGINT     DEFAULT NULL, -- sagad_node.id; 0: open and nobody's; NULL: ended
  free_wake BIGINT     DEFAULT NULL, -- next_wake while nobody's, else NULL
  next_wake BIGINT     DEFAULT NULL, -- NULL: never
  version   BIGINT     NOT NULL,
  detail    MEDIUMBLOB NOT NULL,     -- saga.store.v1.Transaction
  KEY owner_wake (owner, free_wake)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS sagad_history (
  transaction_id BIGINT     NOT NULL,
  number         INT        NOT NULL, -- from 0, in the order of events
  entry          MEDIUMBLOB NOT NULL, -- saga.store.v1.HistoryEntry
  PRIMARY KEY (transaction_id, number)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Branch ops that are dead letters, for lists and counts; what else they are stands in `detail`.
CREATE TABLE IF NOT EXISTS sagad_dead_letter (
  transaction_id BIGINT          NOT NULL,
  branch_row     INT             NOT NULL,
  op             TINYINT         NOT NULL, -- core::Op
  target         VARBINARY(4096) NOT NULL,
  dead_time      BIGINT          NOT NULL,
  PRIMARY KEY (transaction_id, branch_row)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS sagad_outbox (
  id          BIGINT         NOT NULL AUTO_INCREMENT PRIMARY KEY,
  owner       BIGINT         NOT NULL, -- the node that publishes it
  create_time BIGINT         NOT NULL,
  topic       VARBINARY(255) NOT NULL,
  message_key MEDIUMBLOB     NOT NULL,
  headers     MEDIUMBLOB,
  value       LONGBLOB,
  KEY owner (owner, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS sagad_parked_message (
  id               BIGINT         NOT NULL AUTO_INCREMENT PRIMARY KEY,
  park_time        BIGINT         NOT NULL,
  topic            VARBINARY(255) NOT NULL,
  topic_partition  INT            NOT NULL,
  partition_offset BIGINT         NOT NULL,
  message_key      MEDIUMBLOB     NOT NULL,
  headers          MEDIUMBLOB,
  value            LONGBLOB,
  reason           MEDIUMBLOB     NOT NULL,
  UNIQUE KEY place (topic, topic_partition, partition_offset)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS sagad_job (
  id                BIGINT         NOT NULL AUTO_INCREMENT PRIMARY KEY,
  token             VARBINARY(255) NOT NULL,
  owner             BIGINT         NOT NULL DEFAULT 0, -- the node that runs it; 0: none
  state             TINYINT        NOT NULL, -- port::JobState; 0: its items are being written or deleted
  create_time       BIGINT         NOT NULL,
  start_time        BIGINT         NOT NULL,
  end_time          BIGINT         NOT NULL,
  rate              DOUBLE         NOT NULL,
  max_in_flight     INT UNSIGNED   NOT NULL,
  canary            INT UNSIGNED   NOT NULL,
  stop_after_errors INT UNSIGNED   NOT NULL,
  filter            MEDIUMBLOB,
  actor             MEDIUMBLOB,
  reason            MEDIUMBLOB,
  stop_reason       MEDIUMBLOB,
  UNIQUE KEY token (token)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS sagad_job_item (
  job_id    BIGINT         NOT NULL,
  number    INT UNSIGNED   NOT NULL,
  state     TINYINT        NOT NULL,
  gid       VARBINARY(512) NOT NULL,
  branch_id VARBINARY(512) NOT NULL,
  op        TINYINT        NOT NULL,
  death     INT UNSIGNED   NOT NULL,
  text      MEDIUMBLOB,
  PRIMARY KEY (job_id, number),
  KEY job_state (job_id, state)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
