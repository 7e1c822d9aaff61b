import { describe, expect, it } from 'vitest';
import type { ExecutionSummary, NamedChange } from '@xray/core';
import type { TermKind } from '@xray/core/terms';
import { filterOptions } from '@/components/filter/filter-options';
import { changeLine } from '@/components/rules/rule-change-text';
import { COLUMNS } from '@/features/explorer/columns';
import { findCommands } from '@/features/palette/palette-commands';
import { foldSteps } from '@/features/timeline/folded-steps';
import { matchesText } from '@/features/timeline/step-search';
import { asRecorded, type Names } from '@/lib/dictionary';
import { executionWords } from '@/lib/outcomes';

const DICTIONARY: Partial<Record<`${TermKind} ${string}`, string>> = {
  'pipelines loan-approval': 'Loans',
  'steps fetch': 'Read the file',
  'rules max_dti': 'Debt to income',
  'rules min_score': 'Minimum score',
  'reasons DTI_HIGH': 'Too much debt',
  'outcomes declined': 'Refused',
  'outcomes failed': 'Not passed',
};
const names: Names = (kind, code) => DICTIONARY[`${kind} ${code}`] ?? code;

const ROW: ExecutionSummary = {
  executionId: 'e1',
  revision: 1,
  pipeline: 'loan-approval',
  environment: 'prod',
  status: 'completed',
  outcome: 'declined',
  adverse: true,
  conflict: false,
  stale: false,
  at: '2026-11-22T00:00:00.000Z',
  receivedAt: '2026-11-22T00:00:00.000Z',
  durationMs: 1,
  versions: {},
  subjects: [],
  tags: [],
  reasons: ['DTI_HIGH', 'OTHER'],
  stepCount: 1,
  failedStepCount: 0,
  errorType: null,
};

describe('the names of the dictionary', () => {
  it('are shown in the rows of a list, and the recorded names remain for the hover text', () => {
    const texts = (of: Names) =>
      (['outcome', 'pipeline', 'reason'] as const).map((id) => COLUMNS[id].text(ROW, of));
    expect(texts(names)).toEqual(['Refused', 'Loans', 'Too much debt, OTHER']);
    expect(texts(asRecorded)).toEqual(['declined', 'loan-approval', 'DTI_HIGH, OTHER']);
  });

  it('replace outcomes and not technical statuses', () => {
    const failed = { ...ROW, status: 'failed' as const, outcome: null };
    expect(executionWords(failed, names)).toBe('failed');
    expect(executionWords({ ...ROW, outcome: 'failed' }, names)).toBe('Not passed');
  });

  it('find a value in the filter, which keeps the recorded name', () => {
    const facets = [{ field: 'rule', values: [{ value: 'min_score', count: 12 }], more: 0 }];
    for (const text of ['minimum', 'rule:Mini', 'rule:min_s']) {
      expect(filterOptions(text, text.length, facets, [], names)).toContainEqual(
        expect.objectContaining({
          insert: expect.stringContaining('min_score '),
          hint: 'Minimum score · 12',
        }),
      );
    }
  });

  it('find steps of a timeline, as recorded names do, and name folded turns', () => {
    const fetch = { name: 'fetch', status: 'completed' as const };
    expect(matchesText(fetch, 'read the', names('steps', 'fetch'))).toBe(true);
    expect(matchesText(fetch, 'fetch', names('steps', 'fetch'))).toBe(true);
    expect(matchesText(fetch, 'score', names('steps', 'fetch'))).toBe(false);
    const loop = Array.from({ length: 6 }, () => fetch);
    expect(foldSteps(loop, () => false, names).steps.at(-1)?.name).toBe('6 × Read the file');
  });

  it('name changes of rules, and the rules in an order', () => {
    const change: NamedChange = {
      rule: 'max_dti',
      step: 'fetch',
      field: 'order',
      from: ['min_score', 'max_dti'],
      to: ['max_dti', 'min_score'],
      at: '2026-11-22T00:00:00.000Z',
      versions: {},
      environment: 'prod',
      evidence: 'version',
    };
    expect(changeLine(change, names)).toBe(
      'Debt to income in Read the file: order Minimum score, Debt to income → Debt to income, Minimum score',
    );
    expect(changeLine({ ...change, field: 'threshold', from: 0.43, to: 0.36 }, names)).toBe(
      'Debt to income in Read the file: limit 0.43 → 0.36',
    );
  });

  it('open a pipeline from the palette by either name', () => {
    const sources = {
      app: 'a',
      apps: [],
      pipelines: [{ pipeline: 'loan-approval' }],
      recent: [],
      lookup: null,
      suggested: [],
      names,
    };
    for (const text of ['loans', 'loan-approval']) {
      expect(findCommands(text, sources)[0]).toMatchObject({
        label: 'Loans',
        hint: 'pipeline loan-approval',
      });
    }
  });
});
