import { UsageError } from './usage-error.js';

/** The server and the key of a command. */
export interface Server {
  readonly endpoint: string;
  readonly apiKey: string;
}

/** Calls the server. Throws UsageError with its own sentence if it refuses or does not answer. */
export async function ask(
  { endpoint, apiKey }: Server,
  path: string,
  init: RequestInit & { headers?: Record<string, string> } = {},
): Promise<Response> {
  const url = new URL(path, endpoint);
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers: { ...init.headers, 'x-api-key': apiKey } });
  } catch (error) {
    const reason =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new UsageError(`${endpoint} does not answer: ${reason}`);
  }
  if (response.ok) return response;
  throw new UsageError(
    `${url.origin} answered ${response.status}: ${messageOf(await response.text())}`,
  );
}

/** The server's own sentence, if it gave one. */
function messageOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } };
    return error?.message ?? text.slice(0, 200);
  } catch {
    return text.slice(0, 200);
  }
}
