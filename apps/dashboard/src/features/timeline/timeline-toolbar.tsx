'use client';

import {
  ChevronsDownUpIcon,
  ChevronsUpDownIcon,
  DiamondIcon,
  Maximize2Icon,
  TriangleAlertIcon,
  ZoomInIcon,
  ZoomOutIcon,
} from 'lucide-react';
import type { RefObject } from 'react';
import { Button } from '@/components/ui/button';
import { formatCount } from '@/lib/format';

interface TimelineToolbarProps {
  searchRef: RefObject<HTMLInputElement | null>;
  text: string;
  onText: (text: string) => void;
  /** Null without a search. */
  matchCount: number | null;
  onNextMatch: (direction: 1 | -1) => void;
  failedCount: number;
  onNextFailed: () => void;
  decisiveCount: number;
  onNextDecisive: () => void;
  nested: boolean;
  allCollapsed: boolean;
  onToggleAll: () => void;
  zoomed: boolean;
  /** Null resets the zoom. */
  onZoom: (factor: number | null) => void;
}

export function TimelineToolbar({ searchRef, ...props }: TimelineToolbarProps) {
  const foldTitle = props.allCollapsed ? 'Expand all' : 'Collapse all';
  return (
    <div
      role="toolbar"
      aria-label="Timeline"
      className="flex shrink-0 flex-wrap items-center gap-1 px-2 py-1.5 print:hidden"
    >
      <div className="relative min-w-32 flex-1">
        <input
          ref={searchRef}
          type="search"
          aria-label="Find a step"
          placeholder="Find a step"
          value={props.text}
          onChange={(event) => props.onText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            props.onNextMatch(event.shiftKey ? -1 : 1);
          }}
          className="h-7 w-full rounded-md border border-line bg-transparent px-2 pr-16 text-sm placeholder:text-ink-faint"
        />
        <output className="pointer-events-none absolute top-1 right-7 text-xs text-ink-muted">
          {props.matchCount === null ? '' : formatCount(props.matchCount)}
        </output>
      </div>
      {props.failedCount > 0 ? (
        <Button size="sm" variant="ghost" title="Next failed step (f)" onClick={props.onNextFailed}>
          <TriangleAlertIcon aria-hidden className="text-failed" />
          {formatCount(props.failedCount)} failed
        </Button>
      ) : null}
      {props.decisiveCount > 0 ? (
        <Button
          size="sm"
          variant="ghost"
          title="Next decisive step (d)"
          aria-label="Next decisive step"
          onClick={props.onNextDecisive}
        >
          <DiamondIcon aria-hidden className="text-accent" />
        </Button>
      ) : null}
      {props.nested ? (
        <Button
          size="sm"
          variant="ghost"
          title={foldTitle}
          aria-label={foldTitle}
          onClick={props.onToggleAll}
        >
          {props.allCollapsed ? (
            <ChevronsUpDownIcon aria-hidden />
          ) : (
            <ChevronsDownUpIcon aria-hidden />
          )}
        </Button>
      ) : null}
      <Button
        size="sm"
        variant="ghost"
        title="Zoom in (+)"
        aria-label="Zoom in"
        onClick={() => props.onZoom(0.5)}
      >
        <ZoomInIcon aria-hidden />
      </Button>
      <Button
        size="sm"
        variant="ghost"
        title="Zoom out (-)"
        aria-label="Zoom out"
        disabled={!props.zoomed}
        onClick={() => props.onZoom(2)}
      >
        <ZoomOutIcon aria-hidden />
      </Button>
      <Button
        size="sm"
        variant="ghost"
        title="Reset zoom (0)"
        aria-label="Reset zoom"
        disabled={!props.zoomed}
        onClick={() => props.onZoom(null)}
      >
        <Maximize2Icon aria-hidden />
      </Button>
    </div>
  );
}
