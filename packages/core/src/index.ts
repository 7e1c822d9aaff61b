export * from './answers.js';
export * from './api.js';
export * from './explain.js';
export * from './explanation-text.js';
export * from './merge.js';
export * from './snapshot.js';
export * from './wording.js';
