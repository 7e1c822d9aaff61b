import { filterCases } from './filters.js';
import type { OpenStore } from './open-store.js';
import { savingCases } from './saving.js';

/** What every engine must do, without a word of SQL. */
export function contractCases(open: OpenStore): void {
  savingCases(open);
  filterCases(open);
}
