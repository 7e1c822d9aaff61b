import { snapshotSchema } from '@xray/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { expand, readVectors } from '../../wire-vectors/vectors.js';
import type { Snapshot } from '../src/wire/snapshot.js';
import { type Sink, startSink } from './sink.js';
import { inOrder, stable, tell } from './vector-host.js';

let sink: Sink;
beforeAll(async () => {
  sink = await startSink();
});
afterAll(() => sink.close());

describe.each([...readVectors()])('the wire vectors of %s.json', (_file, vectors) => {
  test.for(vectors)('$name', async (vector, { skip }) => {
    const reason = vector.skip?.typescript;
    skip(reason !== undefined, reason);
    const xray = tell(vector, sink.endpoint);
    expect(await xray.shutdown()).toBe(true);
    const snapshot = sink.snapshots.at(-1) as Snapshot;
    expect(() => snapshotSchema.parse(snapshot)).not.toThrow();
    const wanted = expand(vector.expect) as { marks?: object[] };
    expect(stable(snapshot)).toEqual({
      ...wanted,
      ...(wanted.marks === undefined ? {} : { marks: inOrder(wanted.marks) }),
    });
  });
});
