// No native tag is a combobox whose options show more than text.
/* oxlint-disable jsx-a11y/prefer-tag-over-role */
'use client';

import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { cn } from '@/lib/cn';

export interface Option {
  value: string;
  /** The text that is matched and read out. `node` may show more. */
  label: string;
  node?: ReactNode;
  hint?: ReactNode;
}

interface OptionListProps {
  label: string;
  placeholder: string;
  options: readonly Option[];
  onChoose: (value: string) => void;
  selected?: string | null;
  empty?: ReactNode;
  /** Set if the caller filters the options by this text. Otherwise the list filters them. */
  text?: string;
  onTextChange?: (text: string) => void;
  className?: string;
}

const MAX_SHOWN = 200;

/** A field with a list under it. Typing filters, arrows move, Enter chooses. */
export function OptionList(props: OptionListProps) {
  const listId = useId();
  const [ownText, setOwnText] = useState('');
  const [activeIndex, setActiveIndex] = useState(0);
  const listRef = useRef<HTMLDivElement>(null);
  const text = props.text ?? ownText;

  const needle = text.trim().toLowerCase();
  const options =
    props.text === undefined && needle !== ''
      ? props.options.filter((option) => option.label.toLowerCase().includes(needle))
      : props.options;
  const shown = options.slice(0, MAX_SHOWN);
  const active = Math.min(activeIndex, shown.length - 1);
  const optionId = (index: number) => `${listId}-${index}`;

  const move = (index: number) => {
    const next = Math.max(0, Math.min(shown.length - 1, index));
    setActiveIndex(next);
    listRef.current?.children[next]?.scrollIntoView({ block: 'nearest' });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const target = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + 8,
      PageUp: active - 8,
    }[event.key];
    if (target !== undefined) {
      event.preventDefault();
      move(target);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const option = shown[active];
      if (option !== undefined) props.onChoose(option.value);
    }
  };

  return (
    <div className={cn('flex min-h-0 flex-col', props.className)}>
      <input
        // People open the list to type into it.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={active >= 0 ? optionId(active) : undefined}
        aria-label={props.label}
        placeholder={props.placeholder}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setOwnText(event.target.value);
          setActiveIndex(0);
          props.onTextChange?.(event.target.value);
        }}
        onKeyDown={onKeyDown}
        className="h-10 shrink-0 border-b border-line bg-transparent px-3 text-sm outline-none placeholder:text-ink-faint"
      />
      <div
        ref={listRef}
        id={listId}
        role="listbox"
        aria-label={props.label}
        className="max-h-72 overflow-y-auto p-1"
      >
        {shown.map((option, index) => (
          // The field keeps the focus and handles the keys.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={option.value}
            id={optionId(index)}
            role="option"
            tabIndex={-1}
            aria-selected={option.value === props.selected}
            onClick={() => props.onChoose(option.value)}
            onPointerMove={() => setActiveIndex(index)}
            className={cn(
              'flex min-h-8 cursor-pointer items-center gap-2 rounded px-2 text-sm',
              index === active && 'bg-hover',
              option.value === props.selected && 'font-medium',
            )}
          >
            <span className="min-w-0 flex-1 truncate" title={option.label}>
              {option.node ?? option.label}
            </span>
            <span className="shrink-0 text-xs text-ink-faint">{option.hint}</span>
          </div>
        ))}
      </div>
      {shown.length === 0 ? (
        <p className="px-3 pb-3 text-sm text-ink-muted">{props.empty ?? 'No results.'}</p>
      ) : null}
      {options.length > MAX_SHOWN ? (
        <p className="border-t border-line px-3 py-2 text-xs text-ink-muted">
          Showing the first {MAX_SHOWN} of {options.length}. Type to narrow the list.
        </p>
      ) : null}
    </div>
  );
}
