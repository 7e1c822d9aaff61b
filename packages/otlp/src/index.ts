export { otlpRequest, type Hash } from './export.js';
export {
  decodeResponse,
  encodeResponse,
  encodeStatus,
  type PartialSuccess,
  type Signal,
} from './answers.js';
export { encodeRequests } from './encode-request.js';
export { CONVENTIONS, type Convention } from './conventions.js';
export { decodeLogs, decodeTraces, type Encoding } from './decode.js';
export type { OutcomeRule } from './decision.js';
export { conventionsOf, hasRoot, snapshotsOf, type MappingOptions, type Trace } from './mapping.js';
export { MalformedRequest, type LogEvent, type Span, type Telemetry } from './telemetry.js';
export { opaSnapshot } from './opa.js';
export { redact } from './redact.js';
export { dropContent } from './content.js';
export { reread, type ReadingRules } from './reread.js';
