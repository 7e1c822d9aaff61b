import type { FoundExecution } from '@xray/core';
import { API_KEY, APP } from './databases.js';

interface Frame {
  id?: string;
  event?: string;
  data?: string;
}

/** A reader of one stream, like a browser's EventSource. */
export class Reader {
  cursor: string | undefined;
  readonly #leave: AbortController;
  readonly #frames: AsyncGenerator<Frame>;

  private constructor(response: Response, leave: AbortController) {
    this.#leave = leave;
    this.#frames = framesOf(response);
  }

  static async open(
    url: string,
    {
      after,
      q,
      key = API_KEY,
      app = APP,
    }: { after?: string | undefined; q?: string; key?: string; app?: string } = {},
  ): Promise<Reader> {
    const leave = new AbortController();
    const response = await fetch(
      `${url}/api/apps/${app}/live?${new URLSearchParams(q === undefined ? {} : { q })}`,
      {
        signal: leave.signal,
        headers: { 'x-api-key': key, ...(after !== undefined && { 'last-event-id': after }) },
      },
    );
    if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
      throw new Error(`${response.status}: ${await response.text()}`);
    }
    const reader = new Reader(response, leave);
    await reader.until((frame) => frame.id !== undefined);
    return reader;
  }

  /** All frames up to the first for which `isLast` holds, or to the end of the stream. */
  async until(isLast: (frame: Frame) => boolean): Promise<Frame[]> {
    const seen: Frame[] = [];
    for (;;) {
      const { value, done } = await this.#frames.next();
      if (done) return seen;
      if (value.id !== undefined) this.cursor = value.id;
      seen.push(value);
      if (isLast(value)) return seen;
    }
  }

  /** The next executions, and the cursor after them. */
  async executions(count: number): Promise<FoundExecution[]> {
    const found: FoundExecution[] = [];
    await this.until(({ event, data }) => {
      if (event === 'execution') found.push(JSON.parse(data ?? '') as FoundExecution);
      return found.length === count;
    });
    await this.until(({ id }) => id !== undefined);
    return found;
  }

  leave(): void {
    this.#leave.abort();
  }
}

async function* framesOf(response: Response): AsyncGenerator<Frame> {
  let text = '';
  const stream = response.body?.pipeThrough(new TextDecoderStream()) ?? [];
  try {
    for await (const chunk of stream) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        yield Object.fromEntries(block.split('\n').map((line) => line.split(/: ?(.*)/s)));
      }
    }
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
  }
}
