/** Where finished executions are sent: XRAY_OTLP_FORWARD_URL and XRAY_OTLP_FORWARD_HEADERS. */
export interface ForwardTarget {
  /** The address for traces, without credentials. It also names the target in the database. */
  url: string;
  headers: Record<string, string>;
}

/**
 * Undefined if the headers cannot be read: `name=value,name=value` with values percent-encoded, as in
 * OTEL_EXPORTER_OTLP_HEADERS. A base address, as in OTEL_EXPORTER_OTLP_ENDPOINT, gets the path for traces.
 */
export function forwardTarget(base: string, headers: string): ForwardTarget | undefined {
  const known = headersIn(headers);
  if (known === undefined) return undefined;
  const url = base.replace(/\/+$/, '');
  return { url: url.endsWith('/v1/traces') ? url : `${url}/v1/traces`, headers: known };
}

function headersIn(text: string): Record<string, string> | undefined {
  const headers = new Headers();
  for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
    const [, name = '', encoded = ''] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    try {
      headers.set(name, decodeURIComponent(encoded));
    } catch {
      return undefined;
    }
  }
  return Object.fromEntries(headers);
}
