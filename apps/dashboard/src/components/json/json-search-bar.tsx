import { ChevronDownIcon, ChevronUpIcon, SearchIcon } from 'lucide-react';
import type { RefObject } from 'react';
import { Button } from '@/components/ui/button';
import { formatCount } from '@/lib/format';
import { MAX_MATCHES } from './json-search';

interface JsonSearchBarProps {
  inputRef: RefObject<HTMLInputElement | null>;
  name: string;
  text: string;
  onText: (text: string) => void;
  /**
   * The current match, from 0 (-1 for none yet), and the number of matches. Null during a search.
   */
  place: { at: number; of: number } | null;
  onStep: (direction: 1 | -1) => void;
  /** Called to return to the tree. */
  onLeave: () => void;
}

/** Finds text in the keys and values of a tree, also inside collapsed nodes. */
export function JsonSearchBar({
  inputRef,
  name,
  text,
  onText,
  place,
  onStep,
  onLeave,
}: JsonSearchBarProps) {
  const none = place === null || place.of === 0;
  return (
    <search className="flex h-8 shrink-0 items-center gap-1 border-b border-line px-3 print:hidden">
      <SearchIcon aria-hidden className="size-3.5 shrink-0 text-ink-faint" />
      <input
        ref={inputRef}
        type="text"
        autoComplete="off"
        spellCheck={false}
        aria-label={`Find in ${name}`}
        placeholder="Find a key or a value"
        value={text}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault();
            onStep(event.shiftKey ? -1 : 1);
          } else if (event.key === 'Escape' && text !== '') {
            event.stopPropagation();
            onText('');
            onLeave();
          }
        }}
        className="h-full min-w-0 flex-1 bg-transparent px-1 text-sm outline-none placeholder:text-ink-faint max-md:text-base"
      />
      <output className="shrink-0 text-xs text-ink-muted">{positionText(text, place)}</output>
      <Button
        variant="ghost"
        size="iconSm"
        aria-label="Previous match"
        title="Previous match (N)"
        disabled={none}
        onClick={() => onStep(-1)}
      >
        <ChevronUpIcon aria-hidden />
      </Button>
      <Button
        variant="ghost"
        size="iconSm"
        aria-label="Next match"
        title="Next match (n)"
        disabled={none}
        onClick={() => onStep(1)}
      >
        <ChevronDownIcon aria-hidden />
      </Button>
    </search>
  );
}

function positionText(text: string, place: JsonSearchBarProps['place']): string {
  if (text.trim() === '') return '';
  if (place === null) return '…';
  const count = `${formatCount(place.of)}${place.of >= MAX_MATCHES ? ' or more' : ''}`;
  return place.at < 0 ? count : `${formatCount(place.at + 1)} of ${count}`;
}
