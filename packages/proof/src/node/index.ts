export { nodeHashes } from './hashes.js';
export { openExport, UnreadableExport } from './files.js';
export { main } from './main.js';
