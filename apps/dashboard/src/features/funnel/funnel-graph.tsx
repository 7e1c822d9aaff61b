'use client';

import type { Funnel } from '@xray/core';
import { useMemo } from 'react';
import { Term } from '@/components/term';
import { cn } from '@/lib/cn';
import { formatCount, formatDuration, formatShare } from '@/lib/format';
import {
  amountIn,
  amountOut,
  BAR_PX,
  layoutFunnel,
  NODE_PX,
  TEXT_PX,
  type FunnelNode,
} from './funnel-layout';

/** The steps from left to right. Pointing at a step or focusing it selects it. */
export function FunnelGraph({
  funnel,
  current,
  onPoint,
  onChoose,
}: {
  funnel: Funnel;
  /** The name of the selected step. */
  current: string | null;
  /** Called with the step under the pointer or the focus. Null when the pointer leaves. */
  onPoint: (step: string | null) => void;
  onChoose: (step: string) => void;
}) {
  const layout = useMemo(() => layoutFunnel(funnel), [funnel]);
  return (
    <section
      aria-label="Graph of the steps"
      // The keyboard must reach a scrolling box (WCAG 2.1.1).
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className="overflow-x-auto pb-2"
    >
      <div className="relative" style={{ width: layout.widthPx + 2, height: layout.heightPx }}>
        <svg
          aria-hidden
          width={layout.widthPx}
          height={layout.heightPx}
          className="absolute inset-0 overflow-visible"
        >
          {layout.edges.map(({ key, path, widthPx }) => (
            <path
              key={key}
              d={path}
              fill="none"
              stroke="var(--line-strong)"
              strokeOpacity={0.75}
              strokeWidth={widthPx}
            />
          ))}
          {layout.nodes.map((node) => (
            <polygon
              key={node.step.name}
              points={barPoints(node)}
              fill={node.step.candidatesIn === null ? 'var(--neutral)' : 'var(--bar)'}
            />
          ))}
        </svg>
        <ul>
          {layout.nodes.map((node) => (
            <li key={node.step.name}>
              <NodeButton
                node={node}
                executions={funnel.executions}
                isCurrent={node.step.name === current}
                onPoint={onPoint}
                onChoose={onChoose}
              />
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function NodeButton({
  node: { step, x, y },
  executions,
  isCurrent,
  onPoint,
  onChoose,
}: {
  node: FunnelNode;
  executions: number;
  isCurrent: boolean;
  onPoint: (step: string | null) => void;
  onChoose: (step: string) => void;
}) {
  const dropped = amountIn(step) - amountOut(step);
  return (
    <button
      type="button"
      aria-pressed={isCurrent}
      onClick={() => onChoose(step.name)}
      onFocus={() => onPoint(step.name)}
      onBlur={() => onPoint(null)}
      onPointerEnter={(event) => {
        if (event.pointerType === 'mouse') onPoint(step.name);
      }}
      onPointerLeave={() => onPoint(null)}
      className={cn(
        'absolute flex flex-col justify-end rounded-md text-left text-xs leading-4 outline-offset-4',
        isCurrent && 'outline-2 outline-accent',
      )}
      style={{ left: x, top: y, width: NODE_PX, height: BAR_PX + TEXT_PX }}
    >
      <span className="truncate text-sm font-medium" title={step.name}>
        <Term kind="steps" code={step.name} />
      </span>
      <span className="truncate">
        {step.candidatesIn === null ? (
          <>
            {formatCount(step.executions)}{' '}
            <span className="text-ink-muted">
              {executions > 0 ? `of ${formatCount(executions)} executions` : 'executions'}
            </span>
          </>
        ) : (
          <>
            {formatCount(step.candidatesIn)} <span className="text-ink-muted">→</span>{' '}
            {formatCount(step.candidatesOut)}
            {dropped > 0 ? (
              <span className="text-ink-muted"> −{formatShare(dropped / amountIn(step))}</span>
            ) : null}
          </>
        )}
      </span>
      <span className="truncate text-ink-muted">
        p95 {formatDuration(step.p95Ms)}
        {step.failed > 0 ? ` · ▲ ${formatShare(step.failed / Math.max(1, step.runs))}` : ''}
      </span>
    </button>
  );
}

/** The bar's corners. Its height is the input at the left and the output at the right. */
function barPoints({ x, y, inPx, outPx }: FunnelNode): string {
  const middle = y + BAR_PX / 2;
  return [
    [x, middle - inPx / 2],
    [x + NODE_PX, middle - outPx / 2],
    [x + NODE_PX, middle + outPx / 2],
    [x, middle + inPx / 2],
  ]
    .map((point) => point.join(','))
    .join(' ');
}
