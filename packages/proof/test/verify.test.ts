import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  base64,
  verifyExport,
  writeEntry,
  type ExportFiles,
  type Kept,
  type Trust,
} from '../src/index.js';
import { nodeHashes } from '../src/node/index.js';
import { exportLine, filesOf, LogMaker, type Folder } from './support/log-maker.js';

const DAY = 86_400_000;

async function check(log: LogMaker, folder: Folder, trust: Partial<Trust> = {}) {
  const files: ExportFiles = filesOf(folder);
  return await verifyExport(nodeHashes, files, { vkey: log.vkey, now: log.now, ...trust });
}

/** The findings, as `problem@leaf`. */
async function found(log: LogMaker, folder: Folder, trust: Partial<Trust> = {}) {
  const { report } = await check(log, folder, trust);
  expect(report.isSound).toBe(report.findings.length === 0);
  return report.findings.map(
    ({ problem, leaf }) => `${problem}${leaf === undefined ? '' : `@${leaf}`}`,
  );
}

/** Leaves: 0 log, 1 batch, 2 a, 3 b, 4 c, 5 batch, 6 d, 7 e. */
async function fiveRecords() {
  const log = await LogMaker.open();
  await log.seal([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
  log.now += 60_000;
  await log.seal([{ id: 'd' }, { id: 'e' }]);
  return log;
}

/** The export after somebody with the database, and without the key, changed a record. */
function withLine(folder: Folder, id: string, change: (line: string) => string): Folder {
  const lines = folder.lines.map((line) => (line.includes(`"${id}"`) ? change(line) : line));
  expect(lines).not.toEqual(folder.lines);
  return { ...folder, lines };
}

describe('an honest history', () => {
  it('is sound, and each record has its fate', async () => {
    const log = await LogMaker.open();
    log.rules([{ days: 30 }]);
    await log.seal([{ id: 'a' }, { id: 'b', status: 'running' }, { id: 'c' }, { id: 'old' }]);
    log.now += 60_000;
    await log.seal([{ id: 'b' }, { id: 'a', note: 'again' }]);
    log.erase(['c'], 'subject');
    log.now += 31 * DAY;
    log.erase(['old'], 'retention', { days: 30 });
    const { report } = await check(log, await log.export());
    expect(report.findings).toEqual([]);
    expect(report.fates).toMatchObject({
      intact: 2,
      superseded: 1,
      replaced_after_final: 1,
      erased: 2,
    });
    expect(report.remarks.map(({ kind, leaf }) => [kind, leaf])).toEqual([
      ['replaced_after_final', 3],
    ]);
    expect(report.erasures.map(({ why, leaves }) => [why, leaves])).toEqual([
      ['subject', 1],
      ['retention', 1],
    ]);
  });

  it('counts what a filter withheld and what was sealed after the export began', async () => {
    const log = await fiveRecords();
    const lines = log.lines(({ executionId }) => executionId === 'a');
    const about = { whole: false, upTo: 6 };
    const { report } = await check(log, await log.export({ lines, about }));
    expect(report.findings).toEqual([]);
    expect(report.fates).toMatchObject({ intact: 1, withheld: 2, later: 2 });
  });

  it('tells a redacted record from an altered one', async () => {
    const log = await fiveRecords();
    const from = log.of('b').leaf;
    await log.seal([{ id: 'b', note: 'without a candidate' }]);
    log.control({ type: 'redacted', at: log.at, from, to: log.of('b').leaf });
    const { report } = await check(log, await log.export());
    expect(report.findings).toEqual([]);
    expect(report.fates.redacted).toBe(1);
  });

  it('accepts texts with any characters, and a record that is not JSON-canonical', async () => {
    const log = await LogMaker.open();
    await log.seal([{ id: 'a', note: '\uFEFF,"server":{ é \u2028 😀 \\u0041' }]);
    const { report } = await check(log, await log.export());
    expect(report.findings).toEqual([]);
  });

  it('raises no alarm over random histories', async () => {
    const runs = process.env.XRAY_TEST_FULL === undefined ? 20 : 200;
    for (let seed = 1; seed <= runs; seed++) {
      const { log, kept } = await randomHistory(seed);
      const { report } = await check(log, await log.export(), kept ? { kept } : {});
      expect(report.findings, `seed ${seed}`).toEqual([]);
      expect(report.fates.intact).toBe(log.stored.size);
      expect(report.level).toBe(kept ? 'compared' : 'own_signature');
    }
  });
});

async function randomHistory(seed: number): Promise<{ log: LogMaker; kept: Kept | undefined }> {
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7f_ff_ff_ff;
    return state % below;
  };
  const log = await LogMaker.open();
  const rule = { days: 5 };
  log.rules([rule]);
  let kept: Kept | undefined;
  const births = new Map<string, number>();
  for (let step = 0; step < 12; step++) {
    log.now += next(2 * DAY);
    const ids = [...new Set(Array.from({ length: 1 + next(6) }, () => `id-${next(15)}`))];
    for (const id of ids) if (!log.stored.has(id)) births.set(id, log.now);
    await log.seal(ids.map((id) => ({ id, status: next(3) === 0 ? 'running' : 'completed' })));
    const some = [...log.stored.keys()].filter(() => next(9) === 0);
    if (some.length > 0) log.erase(some, 'subject');
    const due = [...log.stored.values()]
      .filter(({ receivedAt }) => log.now - Date.parse(receivedAt) >= 5 * DAY)
      .map(({ executionId }) => executionId);
    if (due.length > 0) log.erase(due, 'retention', rule);
    if (next(4) === 0) kept = (await check(log, await log.export())).keep;
  }
  return { log, kept };
}

describe('somebody with the database, without the key', () => {
  it('alters a record', async () => {
    const log = await fiveRecords();
    const folder = await log.export();
    const altered = withLine(folder, 'b', (line) => line.replace('completed', 'failed'));
    expect(await found(log, altered)).toEqual(['altered@3']);
    const white = withLine(folder, 'b', (line) =>
      line.replace('"executionId":', '"executionId": '),
    );
    expect(await found(log, white)).toEqual(['altered@3']);
    const later = withLine(folder, 'b', (line) =>
      line.replace(/"receivedAt":"2026/, '"receivedAt":"2025'),
    );
    expect(await found(log, later)).toEqual(['altered@3']);
  });

  it('takes a record away', async () => {
    const log = await fiveRecords();
    const lines = log.lines(({ executionId }) => executionId !== 'c');
    expect(await found(log, await log.export({ lines }))).toEqual(['missing@4']);
  });

  it('claims an erasure beside the log', async () => {
    const log = await fiveRecords();
    log.stored.delete('c');
    expect(await found(log, await log.export())).toEqual(['missing@4']);
  });

  it('puts records in', async () => {
    const log = await fiveRecords();
    const folder = await log.export();
    const key = randomBytes(32);
    const text = '{"appId":"loans","executionId":"z","status":"completed"}';
    const forged = { executionId: 'z', text, receivedAt: log.at, isFinal: true };
    const keys = { key, nameKey: key };
    const at = (leaf: number) => exportLine({ ...forged, keys, leaf });
    const withForged = (line: string) => ({ ...folder, lines: [...folder.lines, line] });
    expect(await found(log, withForged(at(2)))).toEqual(['inserted@2']);
    expect(await found(log, withForged(at(1)))).toEqual(['inserted@1']);
    expect(await found(log, withForged(at(900)))).toEqual(['inserted@900']);
    const unsealed = `{"snapshot":${text},"server":{"receivedAt":"${log.at}"}}`;
    expect(await found(log, withForged(unsealed))).toEqual(['inserted']);
    expect(await found(log, withForged(folder.lines[0] ?? ''))).toEqual(['inserted@2']);
  });

  it('swaps two records', async () => {
    const log = await fiveRecords();
    const [b, c] = [log.of('b'), log.of('c')];
    const lines = [
      ...log.lines(({ leaf }) => leaf !== b.leaf && leaf !== c.leaf),
      exportLine({ ...b, leaf: c.leaf }),
      exportLine({ ...c, leaf: b.leaf }),
    ];
    expect(await found(log, await log.export({ lines }))).toEqual(['reordered@4', 'reordered@3']);
  });

  it('shows the text of one execution under the id of another', async () => {
    const log = await fiveRecords();
    const folder = await log.export();
    const renamed = withLine(folder, 'b', (line) => line.replace('"b"', '"stranger"'));
    expect(await found(log, renamed)).toEqual(['altered@3']);
  });

  it('brings a record of another app', async () => {
    const log = await fiveRecords();
    const cards = await LogMaker.open('cards');
    await cards.seal([{ id: 'a' }]);
    const folder = await log.export();
    const lines = [...folder.lines.slice(1), ...cards.lines()];
    expect(await found(log, { ...folder, lines })).toEqual(['other_app@2', 'missing@2']);
  });

  it('shows an earlier version for the last one', async () => {
    const log = await fiveRecords();
    const before = log.of('b');
    await log.seal([{ id: 'b', note: 'reviewed' }]);
    const lines = [...log.lines(({ executionId }) => executionId !== 'b'), exportLine(before)];
    expect(await found(log, await log.export({ lines }))).toEqual(['inserted@3', 'missing@9']);
  });

  it('brings an erased record back', async () => {
    const log = await fiveRecords();
    const erased = exportLine(log.of('b'));
    log.erase(['b'], 'execution');
    const folder = await log.export();
    const lines = [...folder.lines, erased];
    expect(await found(log, { ...folder, lines })).toEqual(['resurrected@3']);
  });

  it('changes the entries', async () => {
    const log = await fiveRecords();
    const folder = await log.export();
    const { entries } = folder;
    const cut = { ...folder, entries: entries.slice(0, -1) };
    expect(await found(log, cut)).toEqual(['truncated@7', 'inserted@7']);
    const more = { ...folder, entries: [...entries, entries[2] ?? new Uint8Array()] };
    expect(await found(log, more)).toContain('inserted@8');
    const swapped = entries
      .with(2, entries[3] ?? new Uint8Array())
      .with(3, entries[2] ?? new Uint8Array());
    expect(await found(log, { ...folder, entries: swapped })).toEqual([
      'rewritten',
      'reordered@2',
      'reordered@3',
    ]);
    const erased = writeEntry({ type: 'erased', at: log.at, why: 'subject', leaves: '3' });
    const lines = log.lines(({ executionId }) => executionId !== 'b');
    const forged = { ...folder, lines, entries: [...entries, erased] };
    expect(await found(log, forged)).toEqual(['inserted@8']);
  });

  it('takes a seal back with its record', async () => {
    const log = await fiveRecords();
    const folder = await log.export();
    const lines = log.lines(({ executionId }) => executionId !== 'e');
    const shorter = { ...folder, entries: folder.entries.slice(0, -1), lines };
    expect(await found(log, shorter)).toEqual(['truncated@7']);
  });

  it('signs with another key', async () => {
    const log = await fiveRecords();
    const stranger = await LogMaker.open();
    stranger.entries.splice(0, 1, ...log.entries);
    const folder = await log.export({ checkpoint: await stranger.sign() });
    expect(await found(log, folder)).toEqual(['signature']);
  });
});

describe('an operator with the key', () => {
  it('erases too early, under no rule, or while the app is held', async () => {
    const early = await fiveRecords();
    early.rules([{ days: 30 }]);
    early.now += 29 * DAY;
    early.erase(['b'], 'retention', { days: 30 });
    expect(await found(early, await early.export())).toEqual(['forged_erasure@3']);

    const ruleless = await fiveRecords();
    ruleless.now += 40 * DAY;
    ruleless.erase(['b'], 'retention', { days: 30 });
    expect(await found(ruleless, await ruleless.export())).toEqual(['forged_erasure@3']);

    const held = await fiveRecords();
    held.rules([], [{}]);
    held.erase(['b'], 'subject');
    expect(await found(held, await held.export())).toEqual(['forged_erasure@3']);
  });

  it('erases twice, or what comes later', async () => {
    const log = await fiveRecords();
    log.erase(['b'], 'subject');
    log.control({ type: 'erased', at: log.at, why: 'subject', leaves: '3' });
    log.control({ type: 'erased', at: log.at, why: 'subject', leaves: '900000000000000' });
    expect(await found(log, await log.export())).toEqual(['forged_erasure@3', 'forged_erasure@10']);
  });

  it('cuts the tail and signs what is left: only a kept state shows it', async () => {
    const log = await fiveRecords();
    const { keep } = await check(log, await log.export());
    log.entries.splice(5);
    for (const id of ['d', 'e']) log.stored.delete(id);
    expect(await found(log, await log.export())).toEqual([]);
    expect(await found(log, await log.export(), keep && { kept: keep })).toEqual(['rollback@5']);
  });

  it('writes the whole log again: only a kept state or an anchor shows it', async () => {
    const log = await fiveRecords();
    const { keep } = await check(log, await log.export());
    const anchors = [{ name: 'anchors/8.checkpoint', text: await log.sign() }];
    const { leaf, keys, receivedAt } = log.of('b');
    log.entries.splice(1);
    log.stored.clear();
    await log.seal([{ id: 'a' }, { id: 'b', note: 'another' }, { id: 'c' }]);
    await log.seal([{ id: 'd' }, { id: 'e' }]);
    expect(log.of('b')).toMatchObject({ leaf, receivedAt: expect.not.stringMatching(receivedAt) });
    expect(base64(log.of('b').keys.key)).not.toBe(base64(keys.key));
    expect(await found(log, await log.export())).toEqual([]);
    expect(await found(log, await log.export(), keep && { kept: keep })).toEqual(['rewritten']);
    expect(await found(log, await log.export({ anchors }))).toEqual(['rewritten']);
  });

  it('shows an old export as a new one', async () => {
    const log = await fiveRecords();
    const now = log.now + 2 * DAY;
    expect(await found(log, await log.export(), { now, maxAgeMs: DAY })).toEqual(['stale']);
    expect(await found(log, await log.export(), { now, maxAgeMs: 3 * DAY })).toEqual([]);
  });

  it('shows the log of another app', async () => {
    const log = await fiveRecords();
    const cards = await LogMaker.open('cards');
    await cards.seal([{ id: 'x' }]);
    expect(await found(log, await cards.export())).toEqual(['signature', 'other_app']);
  });
});

describe('the report', () => {
  it('lists at most 1,000 problems and counts the others', async () => {
    const log = await LogMaker.open();
    const ids = Array.from({ length: 1200 }, (_, i) => ({ id: `id-${i}` }));
    await log.seal(ids);
    const { report } = await check(log, await log.export({ lines: [] }));
    expect([report.findings.length, report.moreFindings]).toEqual([1000, 200]);
    expect(report.findings[0]).toMatchObject({ problem: 'missing', leaf: 2, sealedAt: log.at });
  });

  it('survives any bytes', async () => {
    const log = await fiveRecords();
    const folder = await log.export();
    for (const line of [
      '',
      '{',
      '{"snapshot":1,"server":{}}',
      '\uFFFF',
      '{"snapshot":{},"server":{',
    ]) {
      expect(await found(log, { ...folder, lines: [...folder.lines, line] })).toEqual([
        'unreadable',
      ]);
    }
    const noise = [...folder.entries.slice(0, -1), randomBytes(65)];
    expect(await found(log, { ...folder, entries: noise })).toContain('rewritten');
    expect(await found(log, { ...folder, checkpoint: 'no note' })).toContain('unreadable');
  });
});
