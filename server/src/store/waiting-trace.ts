/** The part of a trace that one request brought. */
export interface Slice {
  app: string;
  /** 32 hex digits. */
  traceId: string;
  /** SHA-256 of the content, in hex. */
  hash: string;
  hasRoot: boolean;
  spans: number;
  body: Uint8Array;
  /** The environments that its sender may write; null: any. */
  environments: string[] | null;
}

/** `closed`: the trace was completed long ago. `full`: it has as many bytes as one trace may. */
export type SliceOutcome = 'taken' | 'duplicate' | 'closed' | 'full';

export interface DueTrace {
  app: string;
  traceId: string;
  firstAt: Date;
  lastAt: Date;
  hasRoot: boolean;
  isTerminal: boolean;
  slices: number;
  assembled: number;
  closed: boolean;
  /** The last assembly found no span that X-Ray knows. */
  unknown: boolean;
  /** A record of the SDK has come since the last assembly. */
  led: boolean;
}

/** When a trace is looked at, in ms. */
export interface WaitingTimes {
  /** After the last slice of a trace with its root. */
  rootMs: number;
  /** After the first slice of a trace without its root. */
  rootlessMs: number;
  /** Without a new slice for so long, a trace has no root. */
  quietMs: number;
  /** Without a new slice for so long, a trace is closed. */
  closeMs: number;
  /** A closed trace is remembered for so long. */
  rememberMs: number;
}

export const WAITING_TIMES: WaitingTimes = {
  rootMs: 3_000,
  rootlessMs: 5_000,
  quietMs: 10 * 60_000,
  closeMs: 60 * 60_000,
  rememberMs: 7 * 24 * 60 * 60_000,
};

export interface Waiting {
  app: string;
  traces: number;
  spans: number;
  bytes: number;
  /** When the trace that waits longest for its root was first heard of. */
  oldestAt: Date | null;
}

/** What the assembly of a trace did, and when the trace is due again. */
export interface Settled extends Pick<DueTrace, 'app' | 'traceId' | 'led'> {
  slices: number;
  isTerminal: boolean;
  unknown: boolean;
  nextAt: Date;
}
