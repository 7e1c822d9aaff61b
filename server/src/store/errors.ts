/** The store cannot be used at the moment: it is missing, read-only or out of a resource. */
export class StoreOutage extends Error {
  /** For an operator. */
  readonly reason: string;

  constructor(reason: string, cause: unknown) {
    super(reason, { cause });
    this.name = 'StoreOutage';
    this.reason = reason;
  }
}

/** Why the store cannot be used, for an operator; undefined for other errors. */
export function outageOf(error: unknown): string | undefined {
  return error instanceof StoreOutage ? error.reason : undefined;
}

/** A text that our schemas accepted and the store cannot take. Stored records are never refused this way. */
export class RefusedText extends Error {
  constructor(cause: unknown) {
    super('the store refuses a text', { cause });
    this.name = 'RefusedText';
  }
}

/** A question that reads too much. The store is healthy. */
export class ReadTooLong extends Error {
  readonly limitMs: number;

  constructor(limitMs: number, cause: unknown) {
    super(`a read took longer than ${limitMs} ms`, { cause });
    this.name = 'ReadTooLong';
    this.limitMs = limitMs;
  }
}

/** A place or cursor that this store did not make. */
export class UnusablePlace extends Error {
  constructor() {
    super('the store did not make this place');
    this.name = 'UnusablePlace';
  }
}
