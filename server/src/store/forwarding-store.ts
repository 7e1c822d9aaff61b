import type { CommitPosition } from './commit-position.js';

export interface ForwardedBody extends CommitPosition {
  body: string;
}

export interface ForwardLag {
  executions: number;
  /** When the first that was not sent yet was received. */
  since: Date | null;
}

/** What forwarding to one endpoint needs of the store. `instance` is the UUID of this server. */
export interface ForwardingStore {
  /** Becomes the leader for a while, or stays it. Returns the position, or undefined if another instance leads. */
  lead(target: string, instance: string, forMs: number): Promise<CommitPosition | undefined>;
  /** Finished executions after the position, oldest first: at least one, unless there is none. */
  read(
    after: CommitPosition,
    limits: { executions: number; bytes: number },
  ): Promise<ForwardedBody[]>;
  /** Moves the position. Returns false if another instance leads by now. */
  advance(target: string, instance: string, to: CommitPosition, refused: number): Promise<boolean>;
  /** Ends the lease. */
  resign(target: string, instance: string): Promise<void>;
  measureLag(target: string): Promise<ForwardLag>;
}
