import { expect, test } from 'vitest';
import { openBackend } from '#server/main.js';
import { configFor, newPlace } from '../databases.js';
import { tokenOf } from '../people.js';

test('a token in the log does not fail this', async () => {
  const place = await newPlace('pglite');
  const { deps, close } = await openBackend(configFor(place));
  const token = tokenOf((await deps.links.setupLink()) ?? '');
  deps.logger.info('nothing of note');
  deps.logger.trace({ url: `/setup?token=${token}&more` }, 'a planted leak');
  await close();
  await place.remove();
  expect(token).not.toBe('');
});
