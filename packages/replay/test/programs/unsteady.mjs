// A program whose decision depends on how often it ran, and one that depends on what it decided before.
import XRaySDK from '@xray/sdk';
import { defineReplay } from '@xray/replay';

const xray = new XRaySDK({ appId: 'app', pipeline: 'counts' });
let calls = 0;
let before = 0;

function decide(pipeline, { n }, isYes) {
  return xray.run({ pipeline, input: { n } }, (execution) => {
    execution.step('rules', (step) => step.check('any', true));
    execution.decide(isYes ? 'yes' : 'no');
  });
}

export default defineReplay({
  counts: {
    run: ({ input }) => {
      calls += 1;
      return decide('counts', input, calls % 2 === 0 || input.n > 4);
    },
    gate: [{ what: 'flips', max: 0 }],
  },
  remembers: {
    run: ({ input }) => {
      const isMore = input.n > before;
      before = input.n;
      return decide('remembers', input, isMore);
    },
  },
});
