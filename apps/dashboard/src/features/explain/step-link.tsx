import type { StepRef } from '@xray/core';
import Link from 'next/link';
import { executionHref } from '@/lib/links';

/** The explained execution. */
export interface Place {
  app: string;
  executionId: string;
}

export function StepLink({ at, step }: { at: Place; step: StepRef }) {
  return (
    <Link
      href={executionHref(at.app, at.executionId, step)}
      prefetch={false}
      title={`Step ${step.sequence}: ${step.name}`}
      className="wrap-anywhere text-accent underline print:text-ink print:no-underline"
    >
      {step.sequence} · {step.name}
    </Link>
  );
}
