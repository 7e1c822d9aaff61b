export { base64, concat, fromBase64, hex, utf8 } from './bytes.js';
export { parseCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint.js';
export {
  readEntry,
  writeEntry,
  type ControlEntry,
  type Entry,
  type ErasureCause,
  type RecordEntry,
  type RetentionRule,
  type Scope,
} from './entries.js';
export { webHashes, type Hashes } from './hashes.js';
export { writeLeafList } from './leaf-list.js';
export {
  COSIGNATURE,
  ED25519,
  findSignature,
  keyIdOf,
  parseNote,
  parseVerifierKey,
  UnreadableNote,
  writeNote,
  writeVerifierKey,
  type Note,
  type VerifierKey,
} from './note.js';
export { printReport, type Fate, type Finding, type Problem, type Report } from './report.js';
export { commit, KEY_BYTES, type Commitment, type SealedRecord, type SealKeys } from './seal.js';
export { EntryReader, packEntries, readTilePath, TILE_WIDTH, tileOf, tilePath } from './tiles.js';
export {
  Frontier,
  hashLeaves,
  isConsistent,
  isIncluded,
  proveConsistency,
  proveInclusion,
  subtrees,
  type Node,
  type ReadNodes,
} from './tree.js';
export { type Kept } from './inputs.js';
export { verifyExport, type ExportFiles, type Progress, type Trust } from './verify.js';
