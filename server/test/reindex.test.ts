import path from 'node:path';
import { expect, test } from 'vitest';
import type { PipelineList } from '@xray/core';
import { APP, driverInCi, administer, freshServer } from './support/databases.js';
import { detail, get, list, postOk } from './support/http.js';
import { callCli } from './support/process.js';
import { FULL_SNAPSHOT, snapshot } from './support/snapshots.js';

test.each(driverInCi('postgres'))(
  'xray reindex rebuilds the data derived from bodies, on %s',
  async (driver) => {
    const server = await freshServer(driver);
    try {
      const others = Array.from({ length: 40 }, () => snapshot());
      await postOk(server.url, [FULL_SNAPSHOT, ...others]);
      const before = await list(server.url);
      const searched = async (q: string): Promise<string[]> =>
        (await list(server.url, `?q=${encodeURIComponent(q)}`)).items.map(
          (item) => item.executionId,
        );
      if (driver === 'postgres') {
        // Rows from before these columns look like this.
        const database = path.basename(server.place.env.DATABASE_URL ?? '');
        await administer(
          `UPDATE xray.executions SET metadata = '{}', decisive = '{}', outcome = NULL, course = 0`,
          database,
        );
        await administer('DELETE FROM xray.steps', database);
      }
      const { code, stdout } = await callCli(server.place, ['reindex', '--json']);
      expect({ code, ...JSON.parse(stdout) }).toEqual({ code: 0, executions: 41 });
      expect(await list(server.url)).toEqual(before);
      expect(await searched('metadata.region:eu step:score')).toEqual([FULL_SNAPSHOT.executionId]);
      expect(await searched('"took too long"')).toEqual([FULL_SNAPSHOT.executionId]);
      expect((await detail(server.url, FULL_SNAPSHOT.executionId)).snapshot).toEqual(FULL_SNAPSHOT);
      const pipelines = await get<PipelineList>(`${server.url}/api/apps/${APP}/pipelines`);
      expect(pipelines.items).toMatchObject([{ executions: 41 }]);
    } finally {
      await server.close();
    }
  },
);
