import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A request that a real exporter sent, inflated. */
export interface RecordedRequest {
  path: string;
  contentType: string;
  body: Buffer;
}

const folder = path.join(import.meta.dirname, 'bodies');

/** The requests of 20 real sources by `source/scenario`, in the order in which they came. */
export function recordedRequests(): Map<string, RecordedRequest[]> {
  const scenarios = new Map<string, RecordedRequest[]>();
  for (const file of fs.readdirSync(folder).sort()) {
    const source = file.replace('.json.gz', '');
    const text = gunzipSync(fs.readFileSync(path.join(folder, file))).toString();
    const recorded = JSON.parse(text) as Record<
      string,
      { path: string; contentType: string; body: string }[]
    >;
    for (const [scenario, requests] of Object.entries(recorded)) {
      scenarios.set(
        `${source}/${scenario}`,
        requests.map(({ body, ...request }) => ({ ...request, body: Buffer.from(body, 'latin1') })),
      );
    }
  }
  return scenarios;
}
