import type { App, ExecutionSummary, PipelineList, Suggestion } from '@xray/core';
import type { TypedLookup } from '@/components/id-lookup/lookup-query';
import { rolesOf } from '@/components/id-lookup/roles';
import { plural } from '@/lib/format';
import { asRecorded, type Names } from '@/lib/dictionary';
import {
  caseHref,
  compareHref,
  executionHref,
  executionsHref,
  fairnessHref,
  groupsHref,
  pipelineHref,
  pipelinesHref,
  replaysHref,
  settingsHref,
  whyHref,
} from '@/lib/links';
import { executionWords } from '@/lib/outcomes';

const ID_MIN_LENGTH = 3;
const ID_MAX_LENGTH = 256;

/** A command of the palette: go to an address, or set a preference. */
export interface Command {
  id: string;
  label: string;
  hint: string;
  action: { go: string } | { theme: 'light' | 'dark' | 'system' } | { zone: 'local' | 'utc' };
}

export interface PaletteSources {
  /** The app that the page shows. */
  app: string | null;
  apps: readonly App[];
  pipelines: readonly Pick<PipelineList['items'][number], 'pipeline'>[];
  recent: readonly ExecutionSummary[];
  /** The result for the typed id; null until it is known. */
  lookup: TypedLookup | null;
  /** Subjects and candidates whose id begins with the text. */
  suggested: readonly Suggestion[];
  /** The names of codes in the app's dictionary. */
  names?: Names;
}

/**
 * The commands for a text: pages about the text as an id, then commands that contain all of its
 * words.
 */
export function findCommands(text: string, sources: PaletteSources): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commandsOf(sources).filter(({ label, hint }) => {
    const whole = `${label} ${hint}`.toLowerCase();
    return words.every((word) => whole.includes(word));
  });
  const { app, lookup, suggested } = sources;
  if (app === null) return found;
  const id = possibleId(text);
  const isLookedUp = id !== null && lookup?.found.id === id;
  const known = isLookedUp ? knownAs(app, lookup) : [];
  const ids = new Set<string>();
  const first = [...known, ...suggestedCommands(app, suggested)].filter((command) => {
    if (ids.has(command.id)) return false;
    ids.add(command.id);
    return true;
  });
  const rest = found.filter((command) => !ids.has(command.id));
  if (id === null || isLookedUp || first.length > 0) return [...first, ...rest];
  return [...rest, ...whyCommand(app, id)];
}

/** Pages about an id whose kind is known. */
function knownAs(app: string, { found, range }: TypedLookup): Command[] {
  const { id, execution } = found;
  const roles = rolesOf(found).map(({ role, name, executions }): Command => {
    const hint = `${role.kind} in ${plural(executions, 'execution')}`;
    return role.kind === 'subject'
      ? caseCommand(app, role.type, id, hint)
      : candidateCommand(id, hint, whyHref(app, id, { as: name, from: range.from }));
  });
  return [...(execution ? [executionCommand(app, id, `in ${app}`)] : []), ...roles];
}

function caseCommand(app: string, type: string, id: string, hint: string): Command {
  return {
    id: `case ${type} ${id}`,
    label: `Case of ${type} ${id}`,
    hint,
    action: { go: caseHref(app, type, id) },
  };
}

function candidateCommand(id: string, hint: string, href: string): Command {
  return { id: `why candidate ${id}`, label: `Why candidate ${id}?`, hint, action: { go: href } };
}

/** Subjects and candidates whose id begins with the text. */
function suggestedCommands(app: string, suggested: readonly Suggestion[]): Command[] {
  return suggested.map(({ kind, type, id }) =>
    kind === 'subject'
      ? caseCommand(app, type, id, 'subject')
      : candidateCommand(id, 'candidate', whyHref(app, id, { as: 'candidate', from: 'all' })),
  );
}

/** A command that opens the search for an id. The palette offers it while its look-up runs, and after the look-up failed. */
function whyCommand(app: string, id: string): Command[] {
  if (/\s/.test(id)) return [];
  return [
    {
      id: `why ${id}`,
      label: `Why ${id}?`,
      hint: 'search for this id',
      action: { go: whyHref(app, id) },
    },
  ];
}

function commandsOf({
  app,
  apps,
  pipelines,
  recent,
  names = asRecorded,
}: PaletteSources): Command[] {
  const go = (href: string, label: string, hint: string): Command => ({
    id: `go ${href}`,
    label,
    hint,
    action: { go: href },
  });
  return [
    go('/', 'Apps', 'page'),
    go(settingsHref('apps', app), 'Settings', 'page'),
    ...(app === null
      ? []
      : [
          go(executionsHref(app), 'Executions', 'page'),
          go(pipelinesHref(app), 'Pipelines', 'page'),
          go(whyHref(app), 'Why (not)?', 'page'),
          go(compareHref(app), 'Compare two executions', 'page'),
          go(groupsHref(app), 'Compare two groups', 'page'),
          go(fairnessHref(app), 'Fairness by group', 'page'),
          go(replaysHref(app), 'Replays', 'page'),
          go(settingsHref('data', app), 'Data: retention and erasure', 'page'),
        ]),
    ...(app === null
      ? []
      : pipelines.map(({ pipeline }) => {
          const name = names('pipelines', pipeline);
          const hint = name === pipeline ? 'pipeline' : `pipeline ${pipeline}`;
          return go(pipelineHref(app, pipeline), name, hint);
        })),
    ...apps.map(({ id, name }) => go(executionsHref(id), name, id === name ? 'app' : `app ${id}`)),
    ...(app === null
      ? []
      : recent.map((each) =>
          executionCommand(
            app,
            each.executionId,
            `${executionWords(each, names)} ${names('pipelines', each.pipeline)}`,
          ),
        )),
    { id: 'theme light', label: 'Light theme', hint: 'display', action: { theme: 'light' } },
    { id: 'theme dark', label: 'Dark theme', hint: 'display', action: { theme: 'dark' } },
    {
      id: 'theme system',
      label: 'System theme',
      hint: 'display',
      action: { theme: 'system' },
    },
    { id: 'zone utc', label: 'Times in UTC', hint: 'display', action: { zone: 'utc' } },
    {
      id: 'zone local',
      label: 'Times in the local time zone',
      hint: 'display',
      action: { zone: 'local' },
    },
  ];
}

function executionCommand(app: string, id: string, hint: string): Command {
  return {
    id: `execution ${id}`,
    label: `Execution ${id}`,
    hint,
    action: { go: executionHref(app, id) },
  };
}

/** The text as an id (docs/wire-format.md, `Subject.id`), or null if it cannot be one. */
export function possibleId(text: string): string | null {
  const id = text.trim();
  return id.length < ID_MIN_LENGTH || id.length > ID_MAX_LENGTH ? null : id;
}
