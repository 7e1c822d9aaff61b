import type { Encoding } from './decode.js';
import { messages } from './descriptor.js';
import { isObject } from './values.js';

/** An answer with 200: what was not taken, if anything. `rejected` counts spans, log records or data points. */
export interface PartialSuccess {
  rejected: number;
  message: string;
}

const REJECTED = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
} as const;
export type Signal = keyof typeof REJECTED;

/** `Export…ServiceResponse`, in the content type of the request. */
export function encodeResponse(
  signal: Signal,
  encoding: Encoding,
  partial: PartialSuccess | undefined,
): Uint8Array {
  if (encoding === 'json') {
    const partialSuccess = partial && {
      // JSON writes 64-bit numbers as texts.
      [REJECTED[signal]]: String(partial.rejected),
      errorMessage: partial.message,
    };
    return text({ ...(partialSuccess && { partialSuccess }) });
  }
  const partialSuccess = partial && { rejected: partial.rejected, errorMessage: partial.message };
  return messages.response
    .encode(messages.response.fromObject({ ...(partialSuccess && { partialSuccess }) }))
    .finish();
}

/** What an endpoint did not take, from its answer in protobuf. Undefined for other answers. */
export function decodeResponse(body: Uint8Array): PartialSuccess | undefined {
  let partial: unknown;
  try {
    partial = (messages.response.decode(body) as { partialSuccess?: unknown }).partialSuccess;
  } catch {
    return undefined;
  }
  if (!isObject(partial)) return undefined;
  const rejected = Number(String(partial.rejected ?? 0));
  return { rejected, message: String(partial.errorMessage ?? '') };
}

/** `google.rpc.Status`. `code` is gRPC's. Source: https://opentelemetry.io/docs/specs/otlp/#failures */
export function encodeStatus(encoding: Encoding, code: number, message: string): Uint8Array {
  if (encoding === 'json') return text({ code, message });
  return messages.status.encode(messages.status.fromObject({ code, message })).finish();
}

function text(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
