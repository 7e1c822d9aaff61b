/** One event of a stream. */
export interface StreamEvent {
  type: string;
  data: string;
}

/**
 * Parses server-sent events from text in pieces.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventParser {
  /** The id of the last complete event, to resume after it. Empty before the first id. */
  lastEventId: string;
  /** The reconnect delay that the server asks for. */
  retryMs: number | undefined;
  #rest = '';
  #id: string;
  #type = '';
  #data: string[] = [];

  constructor(lastEventId = '') {
    this.lastEventId = lastEventId;
    this.#id = lastEventId;
  }

  read(piece: string): StreamEvent[] {
    // A CR at the end may be half of a CRLF.
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => (line === '' ? this.#finish() : this.#take(line)));
  }

  #take(line: string): StreamEvent[] {
    const [, field, value = ''] = /^([^:]*)(?:: ?)?(.*)$/s.exec(line) ?? [];
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#type = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
    return [];
  }

  #finish(): StreamEvent[] {
    const event = { type: this.#type || 'message', data: this.#data.join('\n') };
    const isOne = this.#data.length > 0;
    this.lastEventId = this.#id;
    this.#type = '';
    this.#data = [];
    return isOne ? [event] : [];
  }
}
