/**
 * The parts of an error that the log keeps. Postgres quotes the row in `detail` and `where`, and
 * the value in the message of a data error (SQLSTATE class 22). The log must not contain them.
 */
export function loggedError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack = '', cause } = error;
  const { code, constraint, table } = error as {
    code?: unknown;
    constraint?: unknown;
    table?: unknown;
  };
  const quotesValues = typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code);
  return {
    type: name,
    message: quotesValues ? 'the database refuses a value' : message,
    // The first lines of the stack repeat the message.
    stack: stack.slice(Math.max(0, stack.indexOf('\n    at '))),
    ...(code !== undefined && { code }),
    ...(constraint !== undefined && { constraint }),
    ...(table !== undefined && { table }),
    ...(cause !== undefined && { cause: loggedError(cause) }),
  };
}
