-- A flush is one row of `flushes`, which stores nothing: four views write it to the tables, within the same insert.
-- Each table has a merge rule, so that what is written twice, late or in another order ends alike.
-- Keys of maps are plain texts: with LowCardinality, version 26.7 does not find the empty key.
-- `{{…}}` depends on the installation: src/clickhouse/flavours.ts expands it.

CREATE TABLE IF NOT EXISTS {{table flushes}} (
  app String,
  execution_id String,
  at Int64,
  received_at DateTime64(3, 'UTC'),
  rank UInt128,
  conflict Bool,
  lowest UInt128,
  running UInt64,
  least_instance Nullable(String),
  greatest_instance Nullable(String),
  sender String,
  moved_from Nullable(Int64),
  pipeline String,
  environment String,
  status String,
  outcome Nullable(String),
  error_type Nullable(String),
  adverse Nullable(Bool),
  duration_ms Nullable(Float64),
  versions Map(String, String),
  metadata Map(String, String),
  subject_types Array(String),
  subject_ids Array(String),
  tags Array(String),
  reasons Array(String),
  rules Array(String),
  decisive Array(String),
  settings Array(String),
  step_count UInt32,
  failed_step_count UInt32,
  bytes UInt32,
  course Int32,
  has_people Bool,
  linked Array(String),
  relations Array(String),
  trace_id String,
  from_spans Bool,
  step_sequences Array(UInt32),
  step_names Array(String),
  step_kinds Array(String),
  step_statuses Array(String),
  step_durations Array(Nullable(Float64)),
  step_ins Array(Nullable(Int64)),
  step_outs Array(Nullable(Int64)),
  step_drops Array(Map(String, UInt32)),
  step_rules Array(String),
  step_costs Array(Nullable(Float64)),
  words String,
  facts String,
  candidates Array(Tuple(candidate String, step UInt32, step_name String, outcome String, reason Nullable(String))),
  body String
) ENGINE = Null;

-- Lists, filters and counts read this: headers, and steps as arrays. `version` is the rank with the bit of a
-- conflict. A version with another start deletes the row at the old one (`gone`), because rows only replace rows
-- with the same key.
CREATE TABLE IF NOT EXISTS {{table executions}} (
  app LowCardinality(String),
  execution_id String CODEC(ZSTD(1)),
  at Int64 CODEC(Delta, ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  stored_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  version UInt128 CODEC(ZSTD(1)),
  gone UInt8,
  sample UInt32,
  pipeline LowCardinality(String),
  environment LowCardinality(String),
  status LowCardinality(String),
  outcome LowCardinality(Nullable(String)),
  error_type LowCardinality(Nullable(String)),
  adverse Nullable(Bool),
  duration_ms Nullable(Float64) CODEC(ZSTD(1)),
  versions Map(String, LowCardinality(String)),
  metadata Map(String, String) CODEC(ZSTD(1)),
  subject_types Array(LowCardinality(String)),
  subject_ids Array(String) CODEC(ZSTD(1)),
  tags Array(LowCardinality(String)),
  reasons Array(LowCardinality(String)),
  rules Array(LowCardinality(String)),
  decisive Array(LowCardinality(String)),
  settings Array(LowCardinality(String)),
  step_count UInt32,
  failed_step_count UInt32,
  bytes UInt32,
  course Int32,
  has_people Bool,
  linked Array(String) CODEC(ZSTD(1)),
  relations Array(LowCardinality(String)),
  trace_id String CODEC(ZSTD(1)),
  from_spans Bool,
  step_sequences Array(UInt32) CODEC(ZSTD(1)),
  step_names Array(LowCardinality(String)),
  step_kinds Array(LowCardinality(String)),
  step_statuses Array(LowCardinality(String)),
  step_durations Array(Nullable(Float64)) CODEC(ZSTD(1)),
  step_ins Array(Nullable(Int64)) CODEC(ZSTD(1)),
  step_outs Array(Nullable(Int64)) CODEC(ZSTD(1)),
  step_drops Array(Map(String, UInt32)),
  step_rules Array(LowCardinality(String)),
  step_costs Array(Nullable(Float64)) CODEC(ZSTD(1)),
  fingerprint UInt64 MATERIALIZED sipHash64(pipeline, environment, status, ifNull(outcome, ''), ifNull(error_type, ''),
    ifNull(adverse, 2), toString(versions), tags, reasons, rules, decisive),
  INDEX stored stored_at TYPE minmax GRANULARITY 1
) ENGINE = {{engine ReplacingMergeTree version gone}}
PARTITION BY toMonday(received_at)
ORDER BY (app, at, execution_id)
SETTINGS index_granularity = 1024, {{settings}};

-- By id: the winner with the text that was sent, and what must be remembered of all flushes.
CREATE TABLE IF NOT EXISTS {{table records}} (
  app LowCardinality(String),
  execution_id String CODEC(ZSTD(1)),
  winner SimpleAggregateFunction(max, Tuple(rank UInt128, at Int64, received_at DateTime64(3, 'UTC'),
    environment String, status String, sender String, bytes UInt32, body String)) CODEC(ZSTD(3)),
  lowest SimpleAggregateFunction(max, UInt128),
  running SimpleAggregateFunction(max, UInt64),
  least_instance SimpleAggregateFunction(min, Nullable(String)),
  greatest_instance SimpleAggregateFunction(max, Nullable(String)),
  week Date
) ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY week
ORDER BY (app, execution_id)
SETTINGS index_granularity = 64, {{settings}};

-- A plain MergeTree on purpose: an engine that drops rows builds its text index again at each merge. It has a row
-- for each flush, which also says where several arrived at the same time.
CREATE TABLE IF NOT EXISTS {{table search}} (
  app LowCardinality(String),
  at Int64 CODEC(Delta, ZSTD(1)),
  execution_id String CODEC(ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  stored_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  words String CODEC(ZSTD(3)),
  facts String CODEC(ZSTD(1)),
  INDEX stored stored_at TYPE minmax GRANULARITY 1,
  INDEX words_index words TYPE text(tokenizer = splitByNonAlpha),
  INDEX facts_index facts TYPE text(tokenizer = splitByString(['\n']))
) ENGINE = {{engine MergeTree}}
PARTITION BY toMonday(received_at)
ORDER BY (app, at, execution_id)
SETTINGS {{settings}};

CREATE TABLE IF NOT EXISTS {{table appearances}} (
  app LowCardinality(String),
  candidate String CODEC(ZSTD(1)),
  at Int64 CODEC(Delta, ZSTD(1)),
  execution_id String CODEC(ZSTD(1)),
  rank UInt128 CODEC(ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  pipeline LowCardinality(String),
  step UInt32,
  step_name LowCardinality(String),
  outcome LowCardinality(String),
  reason LowCardinality(Nullable(String))
) ENGINE = {{engine ReplacingMergeTree}}
PARTITION BY toMonday(received_at)
ORDER BY (app, candidate, at, execution_id, rank, step)
SETTINGS {{settings}};

-- An execution whose start moved also writes a row that deletes the old one.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{view flushes_to_executions}} TO {{local executions}} AS
SELECT app, execution_id, if(moved = 1, assumeNotNull(moved_from), at) AS at, received_at, now64(3) AS stored_at,
  bitOr(bitShiftLeft(rank, 1), toUInt128(conflict)) AS version, moved AS gone,
  toUInt32(bitAnd(sipHash64(execution_id), 4294967295)) AS sample,
  pipeline, environment, status, outcome, error_type, adverse, duration_ms, versions, metadata, subject_types,
  subject_ids, tags, reasons, rules, decisive, settings, step_count, failed_step_count, bytes, course, has_people,
  linked, relations, trace_id, from_spans, step_sequences, step_names, step_kinds, step_statuses, step_durations,
  step_ins, step_outs, step_drops, step_rules, step_costs
FROM {{local flushes}}
ARRAY JOIN if(moved_from IS NULL, [0], [0, 1])::Array(UInt8) AS moved;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{view flushes_to_records}} TO {{local records}} AS
SELECT app, execution_id, (rank, at, received_at, environment, status, sender, bytes, body) AS winner,
  lowest, running, least_instance, greatest_instance, toMonday(received_at) AS week
FROM {{local flushes}};

CREATE MATERIALIZED VIEW IF NOT EXISTS {{view flushes_to_search}} TO {{local search}} AS
SELECT app, at, execution_id, received_at, now64(3) AS stored_at, words, facts
FROM {{local flushes}};

CREATE MATERIALIZED VIEW IF NOT EXISTS {{view flushes_to_appearances}} TO {{local appearances}} AS
SELECT app, item.candidate AS candidate, at, execution_id, rank, received_at, pipeline, item.step AS step,
  item.step_name AS step_name, item.outcome AS outcome, item.reason AS reason
FROM {{local flushes}} ARRAY JOIN candidates AS item;

{{distributed flushes}};
{{distributed executions}};
{{distributed records}};
{{distributed search}};
{{distributed appearances}};
