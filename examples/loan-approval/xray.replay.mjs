import XRaySDK from '@xray/sdk';
import { decideLoan } from '@xray/examples/loan-approval/decide-loan';
import { defineReplay } from '@xray/replay';

const xray = new XRaySDK({ appId: 'my-loan-app', pipeline: 'loan-approval' });

/** The record answers in their place. */
const services = {
  verifyIdentity: () => Promise.reject(new Error('a replay does not verify identities')),
  creditFile: () => Promise.reject(new Error('a replay does not ask the bureau')),
};

export default defineReplay({
  'loan-approval': {
    run: ({ input }) => decideLoan(xray, input, services),
    gate: [{ what: 'flips', max: '1%' }],
  },
});
