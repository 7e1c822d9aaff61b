import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../random.js';
import { creditFileOf } from './applicants.js';
import type { LoanServices } from './decide-loan.js';

/** The bureau did not answer in time. */
class BureauTimeoutError extends Error {
  override readonly name = 'BureauTimeoutError';
}

/** The demo's external services. They take time, and sometimes do not answer. */
export function simulatedLoanServices(random: Random): LoanServices {
  return {
    async verifyIdentity() {
      await wait(random.whole(2, 12));
      const method = random.chance(0.8) ? 'eID' : 'video call';
      return { verified: !random.chance(0.04), method };
    },
    async creditFile(application) {
      await wait(random.whole(5, 40));
      if (random.chance(0.06)) {
        throw new BureauTimeoutError(`no credit file for ${application.applicantId} in 2 s`);
      }
      return creditFileOf(application, random);
    },
  };
}
