import type { Search } from '../search/search.js';
import type { TaskThreads } from '../../threads/task-threads.js';
import type { Driver } from '../driver.js';
import type { SearchStore } from '../search/search-store.js';

/** The parts that answer questions over executions. */
export interface Engine {
  kind: Driver['kind'];
  db: Driver['db'];
  index: SearchStore;
  search: Search;
  threads: TaskThreads;
}
