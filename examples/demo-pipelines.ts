import XRaySDK, { type XRayOptions } from '@xray/sdk';
import { nextApplication } from './loan-approval/applicants.js';
import { decideLoan } from './loan-approval/decide-loan.js';
import { simulatedLoanServices } from './loan-approval/services.js';
import { moderatePost } from './moderation/moderate-post.js';
import { nextPost } from './moderation/posts.js';
import { carefulJudge, reviewPost } from './moderation/review-post.js';
import { makeCatalogue, nextWish } from './product-selection/catalogue.js';
import { simulatedIndex } from './product-selection/product-index.js';
import { selectProduct } from './product-selection/select-product.js';
import { seededRandom } from './random.js';

/** The server that receives the demo's decisions. */
export type DemoTarget = Pick<XRayOptions, 'apiKey' | 'appId' | 'endpoint'>;

/** Runs the three programs in turn on one stream of seeded inputs. */
export interface DemoPipelines {
  /** Makes the next decision. A failure is recorded and counted. */
  decideNext(): Promise<void>;
  /** Delivers all waiting snapshots. Returns true if everything was delivered. */
  shutdown(): Promise<boolean>;
  /** Number of recorded executions, and how many failed with an error. */
  counts(): { recorded: number; failed: number };
}

const MODERATORS = ['mod-anna', 'mod-ben', 'mod-chen'] as const;
const CATALOGUE_SIZE = 800;

export function startDemoPipelines(target: DemoTarget, seed: number): DemoPipelines {
  const random = seededRandom(seed);
  const client = (pipeline: string) =>
    new XRaySDK({ ...target, pipeline, environment: 'demo', versions: { code: '1.4.2' } });
  const loans = client('loan-approval');
  const products = client('product-selection');
  const posts = client('moderation');
  const clients = [loans, products, posts];
  const loanServices = simulatedLoanServices(random);
  const index = simulatedIndex(makeCatalogue(random, CATALOGUE_SIZE), random);
  let made = 0;
  let failed = 0;

  const moderate = () => {
    const answer = moderatePost(posts, nextPost(random, made));
    if (typeof answer !== 'string')
      reviewPost(posts, answer, random.pick(MODERATORS), carefulJudge);
  };
  const programs = [
    async () => void (await decideLoan(loans, nextApplication(random, made), loanServices)),
    async () => void (await selectProduct(products, nextWish(random, made), index)),
    async () => moderate(),
  ] as const;

  return {
    async decideNext() {
      made += 1;
      try {
        await random.pick(programs)();
      } catch {
        // A real host would answer its caller with an error here. The demo only needs the record.
        failed += 1;
      }
    },
    async shutdown() {
      await Promise.all(clients.map((client) => client.shutdown()));
      return clients.every((client) => client.stats().delivered === client.stats().recorded);
    },
    counts: () => ({
      recorded: clients.reduce((sum, client) => sum + client.stats().recorded, 0),
      failed,
    }),
  };
}
