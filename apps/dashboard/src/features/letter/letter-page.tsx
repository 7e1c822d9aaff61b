'use client';

import { TERM_KINDS } from '@xray/core/terms';
import type { Dictionary } from '@xray/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { PrinterIcon } from 'lucide-react';
import Link from 'next/link';
import { useQueryStates } from 'nuqs';
import { useRef } from 'react';
import { EmptyState, ErrorState } from '@/components/states';
import { Button } from '@/components/ui/button';
import { inputClasses } from '@/components/ui/field';
import { Skeleton } from '@/components/ui/skeleton';
import { ApiError } from '@/lib/api-client';
import { getLetter, letterUrl } from '@/lib/case-api';
import { dictionaryQuery } from '@/lib/dictionary';
import { executionHref } from '@/lib/links';
import { letterParams } from './search-params';

/** Languages of the letter to begin with. */
const BUILT_IN = ['en', 'de'];

const letterQuery = (app: string, id: string, lang: string | null) =>
  queryOptions({
    queryKey: ['letter', app, id, lang],
    queryFn: () => getLetter(app, id, lang),
    // Each reading is an entry of the audit log.
    staleTime: Infinity,
    gcTime: 60_000,
    refetchOnWindowFocus: false,
    retry: false,
  });

/** A letter as it will be printed. */
export function LetterPage() {
  const [{ app, id, lang }, setParams] = useQueryStates(letterParams, { history: 'replace' });
  if (app === null || id === null) {
    return (
      <EmptyState heading="h1" title="No decision selected">
        The address lacks the app or the execution.
      </EmptyState>
    );
  }
  return (
    <Letter
      key={`${app} ${id}`}
      app={app}
      id={id}
      lang={lang}
      onLang={(next) => void setParams({ lang: next })}
    />
  );
}

function Letter({
  app,
  id,
  lang,
  onLang,
}: {
  app: string;
  id: string;
  lang: string | null;
  onLang: (lang: string | null) => void;
}) {
  const frame = useRef<HTMLIFrameElement>(null);
  const letter = useQuery(letterQuery(app, id, lang));
  const { data: stored } = useQuery(dictionaryQuery(app));
  const languages = languagesOf(stored?.dictionary);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <h1 className="mr-auto min-w-0 truncate text-base">
          Letter about{' '}
          <Link
            href={executionHref(app, id, 'explain')}
            prefetch={false}
            className="text-mono text-accent hover:underline"
          >
            {id}
          </Link>
        </h1>
        <label className="flex items-center gap-2 text-sm">
          Language
          <select
            className={inputClasses}
            value={lang ?? stored?.dictionary.language ?? 'en'}
            onChange={(event) => onLang(event.target.value)}
          >
            {languages.map((language) => (
              <option key={language} value={language}>
                {languageName(language)}
              </option>
            ))}
          </select>
        </label>
        {letter.data === undefined ? null : (
          <>
            <Button asChild>
              <a href={letterUrl(app, id, lang, 'text')} download={`letter-${id}.txt`}>
                Text
              </a>
            </Button>
            <Button variant="primary" onClick={() => frame.current?.contentWindow?.print()}>
              <PrinterIcon aria-hidden />
              Print or save as PDF
            </Button>
          </>
        )}
      </header>
      {letter.data !== undefined ? (
        <iframe
          ref={frame}
          title="The letter"
          srcDoc={letter.data}
          // The letter runs no scripts. The page outside asks it to print.
          sandbox="allow-same-origin allow-modals"
          className="min-h-0 w-full flex-1 border-0 bg-white"
        />
      ) : letter.isError ? (
        <ErrorState
          error={letter.error}
          title={
            letter.error instanceof ApiError && letter.error.status === 409
              ? 'This letter cannot be written'
              : 'The letter could not be loaded'
          }
          onRetry={() => void letter.refetch()}
        >
          <Link
            href={executionHref(app, id, 'explain')}
            className="touch-link text-sm text-accent underline"
          >
            Read the explanation of this decision
          </Link>
        </ErrorState>
      ) : (
        <LetterSkeleton />
      )}
    </div>
  );
}

function languagesOf(dictionary: Dictionary | undefined): string[] {
  const languages = new Set(BUILT_IN);
  if (dictionary === undefined) return [...languages];
  languages.add(dictionary.language);
  for (const language of Object.keys(dictionary.letters)) languages.add(language);
  for (const kind of TERM_KINDS) {
    for (const { name = {} } of Object.values(dictionary[kind])) {
      for (const language of Object.keys(name)) languages.add(language);
    }
  }
  return [...languages];
}

function languageName(tag: string): string {
  return new Intl.DisplayNames([tag, 'en'], { type: 'language' }).of(tag) ?? tag;
}

export function LetterSkeleton() {
  return (
    <section
      aria-busy="true"
      aria-label="Writing the letter"
      className="mx-auto w-full max-w-2xl p-6"
    >
      <Skeleton className="h-96" />
    </section>
  );
}
