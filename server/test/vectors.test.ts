import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expand, readVectors } from '../../packages/wire-vectors/vectors.js';
import { APP, driverInCi, freshServer } from './support/databases.js';
import { detail, postOk } from './support/http.js';

describe.each(driverInCi('postgres'))('the wire vectors on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  beforeAll(async () => {
    server = await freshServer(driver);
  });
  afterAll(() => server.close());

  test.each([...readVectors()])('takes and keeps every snapshot of %s.json', async (file, all) => {
    const snapshots = all.map((vector, place) => {
      const snapshot = expand(vector.expect) as Record<string, unknown>;
      return { ...snapshot, appId: APP, executionId: `${file}-${place}` };
    });
    const receipt = await postOk(server.url, snapshots);
    expect(receipt).toEqual({
      accepted: snapshots.length,
      duplicates: 0,
      superseded: 0,
      rejected: [],
    });
    for (const snapshot of snapshots) {
      expect((await detail(server.url, snapshot.executionId)).snapshot).toEqual(snapshot);
    }
  });
});
