import fs from 'node:fs';
import path from 'node:path';
import { root } from './parts.mjs';

/**
 * A reporter for vitest: writes how many seconds each test file took, its imports and hooks included, to the
 * file that XRAY_FILE_SECONDS names. Vitest's own JSON report counts the tests alone.
 */
export default class FileSeconds {
  /** @param {readonly import('vitest/node').TestModule[]} modules */
  onTestRunEnd(modules) {
    const files = modules.map((module) => {
      const took = module.diagnostic();
      const totalMs =
        took.environmentSetupDuration +
        took.prepareDuration +
        took.setupDuration +
        took.collectDuration +
        took.duration;
      return { file: path.relative(root, module.moduleId), seconds: totalMs / 1000 };
    });
    fs.writeFileSync(process.env.XRAY_FILE_SECONDS, JSON.stringify(files));
  }
}
