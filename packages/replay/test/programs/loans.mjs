// The loan example with rules from the environment: what a changed branch would run.
import XRaySDK from '@xray/sdk';
import { decideLoan, RULESET } from '@xray/examples/loan-approval/decide-loan';
import { defineReplay } from '@xray/replay';

const xray = new XRaySDK({ appId: 'my-loan-app', pipeline: 'loan-approval' });
const refuse = () => Promise.reject(new Error('an effect ran'));
const services = { verifyIdentity: refuse, creditFile: refuse };

export default defineReplay({
  'loan-approval': {
    run: ({ input }) => {
      const changes = JSON.parse(process.env.TEST_RULES ?? '{}');
      return decideLoan(xray, input, services, { ...RULESET, ...changes });
    },
    gate: JSON.parse(process.env.TEST_GATE ?? '[{"what":"flips","max":0}]'),
  },
});
