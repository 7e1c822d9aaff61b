import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EntryReader,
  findSignature,
  packEntries,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  readEntry,
  readTilePath,
  tilePath,
  UnreadableNote,
  utf8,
  webHashes,
  writeCheckpoint,
  writeEntry,
  writeLeafList,
  writeNote,
  type ControlEntry,
} from '../src/index.js';
import { isLeafList, rangesOf } from '../src/leaf-list.js';
import { nodeHashes } from '../src/node/index.js';
import { LogMaker } from './support/log-maker.js';

describe('notes', () => {
  // The example of golang.org/x/mod/sumdb/note.
  const vkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  const text = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

  it('verifies the example of Go, with Node and with WebCrypto', async () => {
    for (const hashes of [nodeHashes, webHashes()]) {
      const key = await parseVerifierKey(hashes, vkey);
      expect(await findSignature(hashes, parseNote(text), key)).toEqual({});
      const other = parseNote(text.replace('answer', 'Answer'));
      expect(await findSignature(hashes, other, key)).toBeUndefined();
    }
    expect(writeNote(parseNote(text))).toBe(text);
  });

  it('refuses a key whose id is not its hash', async () => {
    const forged = vkey.replace('c74f20a3', 'c74f20a4');
    await expect(parseVerifierKey(nodeHashes, forged)).rejects.toThrow(UnreadableNote);
    await expect(parseVerifierKey(nodeHashes, 'nonsense')).rejects.toThrow('a verifier key is');
  });

  it.each([
    ['no signature', 'text\n'],
    ['no end', text.trimEnd()],
    ['a hyphen for the dash', text.replace('\u2014', '-')],
    ['Base64 with a space', text.replace('x08go', 'x08 go')],
  ])('refuses a note with %s', (_, note) => {
    expect(() => parseNote(note)).toThrow(UnreadableNote);
  });
});

describe('checkpoints', () => {
  it('are read as they are written', () => {
    const checkpoint = { origin: 'a.test/x', size: 12, root: new Uint8Array(32).fill(7) };
    expect(parseCheckpoint(writeCheckpoint(checkpoint))).toEqual(checkpoint);
  });

  it.each(['a\n1\n', 'a\n01\nAAAA\n', 'a\n-1\nAAAA\n', '\n1\nAAAA\n', 'a\n1\nAAAA\nmore\n'])(
    'refuses %j',
    (text) => {
      expect(() => parseCheckpoint(text)).toThrow('a checkpoint has three lines');
    },
  );
});

describe('entries', () => {
  const controls: ControlEntry[] = [
    { type: 'log', app: 'loans', origin: 'a/b/loans' },
    { type: 'batch', at: '2026-01-01T00:00:00Z', records: 2, oldest: '2026-01-01T00:00:00Z' },
    { type: 'rules', at: '2026-01-01T00:00:00Z', retention: [{ days: 3 }], holds: [{}] },
    { type: 'erased', at: '2026-01-01T00:00:00Z', why: 'subject', leaves: '1,4-6' },
    { type: 'redacted', at: '2026-01-01T00:00:00Z', from: 1, to: 7 },
    { type: 'lost', at: '2026-01-01T00:00:00Z', leaves: '3' },
  ];

  it('are read as they are written', () => {
    for (const entry of controls) expect(readEntry(writeEntry(entry))).toEqual(entry);
    const record = {
      type: 'record',
      isFinal: true,
      name: new Uint8Array(32).fill(1),
      content: new Uint8Array(32).fill(2),
    } as const;
    expect(readEntry(writeEntry(record))).toEqual(record);
  });

  it.each(['', '{', '{"type":"log"}', '{"type":"constructor"}', '{"type":"erased","at":"x"}'])(
    'refuses %j',
    (text) => {
      expect(readEntry(utf8(text))).toBeUndefined();
    },
  );

  it('come out of bundles whole, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 })), fc.nat(), (entries, seed) => {
        const bytes = packEntries(entries);
        const reader = new EntryReader();
        const found = [];
        const step = 1 + (seed % 50);
        for (let at = 0; at < bytes.length; at += step) {
          found.push(...reader.push(bytes.subarray(at, at + step)));
        }
        expect(found.map((entry) => [...entry])).toEqual(entries.map((entry) => [...entry]));
        expect(reader.left).toBe(0);
      }),
    );
    expect(() => packEntries([new Uint8Array(65_536)])).toThrow('below 64 KiB');
  });
});

describe('paths and lists', () => {
  it('writes the paths of C2SP', () => {
    expect(tilePath(0, 0)).toBe('tile/0/000');
    expect(tilePath(1, 1_234_067)).toBe('tile/1/x001/x234/067');
    expect(tilePath('entries', 5, 3)).toBe('tile/entries/005.p/3');
  });

  it('reads its own paths only', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 2, 'entries' as const),
        fc.nat(10_000_000),
        fc.integer({ min: 1, max: 256 }),
        (level, index, width) => {
          const tile = { level, index, width };
          expect(readTilePath(tilePath(level, index, width))).toEqual(tile);
        },
      ),
    );
    for (const path of ['tile/0/x000/001', 'tile/0/1', 'tile/0/001.p/256', 'tile/0/../001']) {
      expect(readTilePath(path)).toBeUndefined();
    }
  });

  it('writes a list of leaves with ranges', () => {
    expect(writeLeafList([41, 12, 40, 42, 40])).toBe('12,40-42');
    expect(rangesOf('12,40-42')).toEqual([
      [12, 12],
      [40, 42],
    ]);
    for (const list of ['', '3-1', '5,4', '1,,2', '1-2-3']) expect(isLeafList(list)).toBe(false);
  });
});

describe('the signature of a log', () => {
  it('is found on its own checkpoint only', async () => {
    const [log, other] = [await LogMaker.open(), await LogMaker.open()];
    const note = parseNote(await log.sign());
    expect(await findSignature(nodeHashes, note, log.key)).toEqual({});
    expect(await findSignature(nodeHashes, note, other.key)).toBeUndefined();
  });
});
