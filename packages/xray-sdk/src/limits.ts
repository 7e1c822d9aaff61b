/** The bounds of one captured value (docs/wire-format.md, Limits). */
export const CAPTURE_BOUNDS = {
  depth: 12,
  stringBytes: 16 * 1024,
  items: 1_000,
  keys: 1_000,
} as const;

/** The bounds of the fields of a snapshot (docs/wire-format.md, the types). Lengths are UTF-16 units. */
export const FIELD_BOUNDS = {
  id: 128,
  name: 128,
  environment: 64,
  executionValueBytes: 64 * 1024,
  stepValueBytes: 32 * 1024,
  returnedValueBytes: 256 * 1024,
  reasoningBytes: 16 * 1024,
  candidateDataBytes: 4 * 1024,
  smallValueBytes: 2 * 1024,
  inlineBytes: 64 * 1024,
  marks: 500,
  subjects: 8,
  tags: 32,
  metadataKeys: 64,
  versionKeys: 32,
  links: 16,
  reasons: 16,
  reasonText: 512,
  metadataValue: 256,
  errorCauses: 4,
  errors: 10,
  rules: 500,
  artifacts: 20,
  metrics: 64,
} as const;
