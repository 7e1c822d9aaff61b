export * from './access.js';
export * from './api.js';
export * from './merge.js';
export * from './snapshot.js';
