-- The rules that a step asked, in its order, without their results: ids, versions, operators, thresholds. Rule history
-- reads them from a sample of executions (docs/adr/0017-rule-history-from-a-sample.md). They belong to the step's row,
-- so they go with it when the execution is erased or written over. NULL for steps without rules, and for steps stored
-- before this migration until `xray reindex` has run.
ALTER TABLE xray.steps ADD COLUMN rules jsonb;
