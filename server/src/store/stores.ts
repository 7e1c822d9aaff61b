import type { AccountStore } from './account-store.js';
import type { ExecutionStore } from './execution-store.js';
import type { FileCopy } from './file-copy.js';

/** What a server stores. Accounts and executions may be in different engines. */
export interface Stores {
  accounts: AccountStore;
  executions: ExecutionStore;
  /** Only the embedded database has files on this machine. */
  embedded?: {
    /** Copies them as they are at one moment. */
    copyFiles(): Promise<FileCopy>;
  };
}
