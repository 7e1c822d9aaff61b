import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventParser, type StreamEvent } from '@/lib/event-stream';

/** All events of a text, and the id from which its reader would resume. */
function eventsIn(...pieces: string[]): { events: StreamEvent[]; lastEventId: string } {
  const parser = new EventParser();
  const events = pieces.flatMap((piece) => parser.read(piece));
  return { events, lastEventId: parser.lastEventId };
}

describe('a stream of events', () => {
  it('returns each event with its type and data, and ignores comments and unknown fields', () => {
    const text =
      ': still here\n\nevent: execution\ndata: {"a":1}\nwhat: ever\n\ndata:no space\n\nevent: missed\ndata: {}\n\n';
    expect(eventsIn(text).events).toEqual([
      { type: 'execution', data: '{"a":1}' },
      { type: 'message', data: 'no space' },
      { type: 'missed', data: '{}' },
    ]);
  });

  it('joins lines of data, removes only the first blank, and takes a field without a colon', () => {
    expect(eventsIn('data:  two blanks\ndata\ndata: a: b\n\n').events).toEqual([
      { type: 'message', data: ' two blanks\n\na: b' },
    ]);
  });

  it('keeps other line separators within an event', () => {
    expect(eventsIn('data: a\u2028b\u0085c\u000bd\n\n').events).toEqual([
      { type: 'message', data: 'a\u2028b\u0085c\u000bd' },
    ]);
  });

  it('resumes after the last complete id, with or without an event', () => {
    expect(eventsIn('id: 7\n\n')).toEqual({ events: [], lastEventId: '7' });
    expect(eventsIn('id: 7\ndata: x\n\nid: 8\ndata: y').lastEventId).toBe('7');
    expect(eventsIn('id: 7\n\nid: 8\0\n\n').lastEventId).toBe('7');
    expect(eventsIn('id: 7\n\ndata: x\n\n').lastEventId).toBe('7');
    expect(eventsIn('id: 7\n\nid\n\n').lastEventId).toBe('');
    expect(new EventParser('6').lastEventId).toBe('6');
  });

  it('uses the retry delay of the server if it is a number', () => {
    const parser = new EventParser();
    parser.read('retry: soon\n');
    expect(parser.retryMs).toBeUndefined();
    parser.read('retry: 1500\n');
    expect(parser.retryMs).toBe(1_500);
  });

  it('ignores an event without an end', () => {
    expect(eventsIn('event: execution\ndata: {}\n').events).toEqual([]);
  });

  it('is the same for any split into pieces, and for every kind of line end', () => {
    const line = fc.oneof(
      fc.constantFrom('', '', ':', 'data', 'id', 'id: 4', 'event: execution', 'retry: 9'),
      fc.string().map((value) => `data: ${value.replaceAll(/[\r\n]/g, '')}`),
    );
    fc.assert(
      fc.property(
        fc.array(line),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(200)),
        (lines, end, cuts) => {
          // The extra line distinguishes a CR at the very end from half of a CRLF.
          const text = [...lines, '', 'data: the rest'].join(end);
          const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
          const pieces = at.slice(1).map((to, i) => text.slice(at[i], to));
          expect(eventsIn(...pieces)).toEqual(eventsIn(lines.concat('', 'x').join('\n')));
        },
      ),
    );
  });
});
