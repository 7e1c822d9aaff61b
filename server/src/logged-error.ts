/**
 * What the log keeps of an error. Postgres quotes the row in `detail` and `where`, and the value itself in
 * the message of what is wrong with a value (SQLSTATE class 22); none of that is for a log to know.
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
    // Without its first lines, which are the message again.
    stack: stack.slice(Math.max(0, stack.indexOf('\n    at '))),
    ...(code !== undefined && { code }),
    ...(constraint !== undefined && { constraint }),
    ...(table !== undefined && { table }),
    ...(cause !== undefined && { cause: loggedError(cause) }),
  };
}
