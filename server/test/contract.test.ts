import { describe } from 'vitest';
import { contractCases } from './contract/cases.js';
import { APP, DRIVERS, changed, newPlace, openStore } from './support/databases.js';

describe.each(DRIVERS)('the store of executions on %s', (driver) => {
  contractCases(async () => {
    const place = await newPlace(driver);
    const store = await openStore(place);
    await store.migrate();
    await changed(store, async (edits) => await edits.createApp(APP, APP));
    return {
      store,
      close: async () => {
        await store.close();
        await place.remove();
      },
    };
  });
});
