import protobuf from 'protobufjs/light.js';

const message = (fields: Record<string, [id: number, type: string, repeated?: 'repeated']>) => ({
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, [id, type, rule]]) => [
      name,
      rule === undefined ? { id, type } : { id, type, rule },
    ]),
  ),
});

/**
 * The messages and fields of OTLP that X-Ray reads or writes; every other field is skipped.
 * Source: opentelemetry-proto 1.9 (`trace`, `logs`, `common`, `resource`, `collector`) and `google/rpc/status.proto`.
 */
const descriptor: protobuf.INamespace = {
  nested: {
    AnyValue: {
      oneofs: {
        value: {
          oneof: [
            'stringValue',
            'boolValue',
            'intValue',
            'doubleValue',
            'arrayValue',
            'kvlistValue',
            'bytesValue',
          ],
        },
      },
      ...message({
        stringValue: [1, 'string'],
        boolValue: [2, 'bool'],
        intValue: [3, 'int64'],
        doubleValue: [4, 'double'],
        arrayValue: [5, 'ArrayValue'],
        kvlistValue: [6, 'KeyValueList'],
        bytesValue: [7, 'bytes'],
      }),
    },
    ArrayValue: message({ values: [1, 'AnyValue', 'repeated'] }),
    KeyValueList: message({ values: [1, 'KeyValue', 'repeated'] }),
    KeyValue: message({ key: [1, 'string'], value: [2, 'AnyValue'] }),
    Resource: message({ attributes: [1, 'KeyValue', 'repeated'] }),
    Scope: message({ name: [1, 'string'], version: [2, 'string'] }),

    TraceRequest: message({ resourceSpans: [1, 'ResourceSpans', 'repeated'] }),
    ResourceSpans: message({
      resource: [1, 'Resource'],
      scopeSpans: [2, 'ScopeSpans', 'repeated'],
    }),
    ScopeSpans: message({ scope: [1, 'Scope'], spans: [2, 'Span', 'repeated'] }),
    Span: message({
      traceId: [1, 'bytes'],
      spanId: [2, 'bytes'],
      parentSpanId: [4, 'bytes'],
      name: [5, 'string'],
      kind: [6, 'int32'],
      startTimeUnixNano: [7, 'fixed64'],
      endTimeUnixNano: [8, 'fixed64'],
      attributes: [9, 'KeyValue', 'repeated'],
      events: [11, 'Event', 'repeated'],
      status: [15, 'SpanStatus'],
      flags: [16, 'fixed32'],
    }),
    Event: message({
      timeUnixNano: [1, 'fixed64'],
      name: [2, 'string'],
      attributes: [3, 'KeyValue', 'repeated'],
    }),
    SpanStatus: message({ message: [2, 'string'], code: [3, 'int32'] }),

    LogsRequest: message({ resourceLogs: [1, 'ResourceLogs', 'repeated'] }),
    ResourceLogs: message({
      resource: [1, 'Resource'],
      scopeLogs: [2, 'ScopeLogs', 'repeated'],
    }),
    ScopeLogs: message({ scope: [1, 'Scope'], logRecords: [2, 'LogRecord', 'repeated'] }),
    LogRecord: message({
      timeUnixNano: [1, 'fixed64'],
      body: [5, 'AnyValue'],
      attributes: [6, 'KeyValue', 'repeated'],
      traceId: [9, 'bytes'],
      spanId: [10, 'bytes'],
      observedTimeUnixNano: [11, 'fixed64'],
      eventName: [12, 'string'],
    }),

    /** The answers for traces, logs and metrics have the same field numbers. */
    ExportResponse: message({ partialSuccess: [1, 'PartialSuccess'] }),
    PartialSuccess: message({ rejected: [1, 'int64'], errorMessage: [2, 'string'] }),
    Status: message({ code: [1, 'int32'], message: [2, 'string'] }),
  },
};

const root = protobuf.Root.fromJSON(descriptor);

export const messages = {
  traces: root.lookupType('TraceRequest'),
  logs: root.lookupType('LogsRequest'),
  response: root.lookupType('ExportResponse'),
  status: root.lookupType('Status'),
};
