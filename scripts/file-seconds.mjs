import fs from 'node:fs';
import path from 'node:path';
import { root } from './parts.mjs';

/**
 * A reporter for vitest that writes the seconds of each test file to the file named by XRAY_FILE_SECONDS.
 * They include imports and hooks, which vitest's own JSON report does not count.
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
