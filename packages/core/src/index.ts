export * from './api.js';
export * from './merge.js';
export * from './snapshot.js';
