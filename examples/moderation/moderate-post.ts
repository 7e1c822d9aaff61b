import type { XRaySDK } from '@xray/sdk';
import { MODEL, classify, type Label } from './classify.js';
import type { Post } from './posts.js';

/** Above this confidence the model decides alone. */
const SURE = 0.8;

/** The decision on a post. */
export type Verdict = 'allowed' | 'removed';

/** A post that waits for a person, with the headers that link the person's decision to the model's. */
export interface ReviewJob {
  post: Post;
  suggestion: Label;
  executionId: string;
  headers: Record<string, string>;
}

/** Decides on a post, or passes it to a person if the model is not sure. Throws errors of the model. */
export function moderatePost(xray: XRaySDK, post: Post): Verdict | ReviewJob {
  return xray.run(
    {
      subject: { post: post.postId, author: post.authorId },
      versions: { model: `${MODEL.name}@${MODEL.version}` },
      tags: [post.language],
      input: { text: post.text },
    },
    (execution) => {
      const found = execution.step('classify', { kind: 'model', input: post.text }, (step) => {
        const classification = classify(post.text, post.language);
        const { label, confidence, because } = classification;
        step.note({
          model: { name: MODEL.name, promptVersion: MODEL.version },
          reasoning:
            because.length > 0
              ? `${label} with ${confidence}, because of ${because.join(', ')}`
              : `${label} with ${confidence}: no word speaks against it`,
        });
        return classification;
      });

      const isSure = execution.step('policy', { kind: 'rules' }, (step) =>
        step.check('sure_enough', found.confidence >= SURE, {
          actual: found.confidence,
          threshold: SURE,
          reason: 'CONFIDENCE_LOW',
        }),
      );
      if (!isSure) {
        execution.decide('escalated', { confidence: found.confidence });
        return {
          post,
          suggestion: found.label,
          executionId: execution.id,
          headers: execution.headers(),
        };
      }
      const verdict = found.label === 'fine' ? 'allowed' : 'removed';
      execution.decide(verdict, {
        adverse: verdict === 'removed',
        confidence: found.confidence,
        decidedBy: { type: 'model', id: MODEL.name, version: MODEL.version },
        ...(verdict === 'removed' ? { reasons: [{ code: found.label.toUpperCase() }] } : {}),
      });
      return verdict;
    },
  );
}
