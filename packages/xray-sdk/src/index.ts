export { XRaySDK, XRaySDK as default } from './client.js';
export type { Stats } from './accounts.js';
export type { Execution, ExecutionOptions } from './execution.js';
export type { DeliveryOptions, DropEvent, DropReason, XRayOptions } from './options.js';
export type { RedactionPlace, RedactOptions } from './redact.js';
export type { RuleRecord, StepRecord } from './step-text.js';
export type * from './types.js';
