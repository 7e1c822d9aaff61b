/** The part of Node's response that says how it ended. */
export interface NodeResponse {
  readonly statusCode: number;
  readonly destroyed: boolean;
  readonly writableFinished: boolean;
  once(event: 'finish' | 'close', listener: () => void): unknown;
}

/** Settles when the response has ended. Rejects on a 5xx status, or if the client disconnected. */
export function endOf(response: NodeResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      if (!response.writableFinished) reject(new Error('the client disconnected'));
      else if (response.statusCode < 500) resolve();
      else reject(new Error(`answered ${String(response.statusCode)}`));
    };
    response.once('finish', end);
    response.once('close', end);
    // The client may have disconnected while earlier middleware ran. Then no further event comes.
    if (response.destroyed || response.writableFinished) end();
  });
}
