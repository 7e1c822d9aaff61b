import type { XRaySDK } from '@xray/sdk';
import type { ReviewJob, Verdict } from './moderate-post.js';

/** A person's answer and its reason. */
export interface Review {
  verdict: Verdict;
  why: string;
}

/** Records a person's decision on an escalated post as a separate execution, linked to the model's. */
export function reviewPost(
  xray: XRaySDK,
  job: ReviewJob,
  moderator: string,
  judge: (job: ReviewJob) => Review,
): Verdict {
  return xray.run(
    {
      fromHeaders: job.headers,
      relation: 'review_of',
      of: job.executionId,
      subject: { post: job.post.postId, author: job.post.authorId },
      input: { text: job.post.text, suggestion: job.suggestion },
    },
    (execution) => {
      const { verdict, why } = execution.step('review', { kind: 'human' }, (step) => {
        const review = judge(job);
        step.note({ actor: { type: 'human', id: moderator }, reasoning: review.why });
        return review;
      });
      execution.decide(verdict, {
        adverse: verdict === 'removed',
        humanInvolvement: 'final',
        decidedBy: { type: 'human', id: moderator },
        reasons: [{ code: 'REVIEWED', text: why }],
      });
      return verdict;
    },
  );
}

/** The demo's moderator: removes insults at a participant and links to something for sale. */
export function carefulJudge({ post }: ReviewJob): Review {
  const text = post.text.toLowerCase();
  if (/\byou\b.*\b(idiot|loser|stupid|worthless)\b/u.test(text) && !text.includes('laughed')) {
    return { verdict: 'removed', why: 'An insult aimed at somebody in the thread' };
  }
  if (text.includes('link') && /\b(buy|money|prize|crypto)\b/u.test(text)) {
    return { verdict: 'removed', why: 'Sells something behind a link' };
  }
  return {
    verdict: 'allowed',
    why: 'Harmless in its context: the words mislead, the sentence does not',
  };
}
