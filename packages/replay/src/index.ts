export { defineReplay, type ReplayConfig } from './define.js';
export type { Report, ReportedResult } from './report.js';
