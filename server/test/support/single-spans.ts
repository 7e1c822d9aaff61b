import { messages } from '../../../packages/otlp/src/descriptor.js';
import type { RecordedRequest } from '../../../packages/otlp/test/bodies.js';

type Lists = Record<string, unknown>;

/** A request as one request for each of its spans or log records. */
export function singleSpans(request: RecordedRequest): RecordedRequest[] {
  const isLogs = request.path.endsWith('/logs');
  const [groups, scopes, items] = isLogs
    ? (['resourceLogs', 'scopeLogs', 'logRecords'] as const)
    : (['resourceSpans', 'scopeSpans', 'spans'] as const);
  const isJson = request.contentType.includes('json');
  const type = isLogs ? messages.logs : messages.traces;
  const whole = (isJson ? JSON.parse(request.body.toString()) : type.decode(request.body)) as Lists;
  return listOf(whole[groups]).flatMap((group) =>
    listOf(group[scopes]).flatMap((scope) =>
      listOf(scope[items]).map((item) => {
        const single = { [groups]: [{ ...group, [scopes]: [{ ...scope, [items]: [item] }] }] };
        const body = isJson
          ? Buffer.from(JSON.stringify(single))
          : Buffer.from(type.encode(type.fromObject(single)).finish());
        return { ...request, body };
      }),
    ),
  );
}

function listOf(value: unknown): Lists[] {
  return Array.isArray(value) ? (value as Lists[]) : [];
}
