import type { App, ExecutionSummary, PipelineList } from '@xray/core';
import {
  compareHref,
  executionHref,
  executionsHref,
  groupsHref,
  pipelineHref,
  pipelinesHref,
  settingsHref,
  whyHref,
} from '@/lib/links';

const ID_MIN_LENGTH = 3;
const ID_MAX_LENGTH = 128;

/** Something the palette can do: go to an address, or set a preference. */
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
}

/**
 * What a text can mean, nearest first: the execution of that id in this app, then every command that
 * has all of its words, then the history of whatever has that id.
 */
export function findCommands(text: string, sources: PaletteSources): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commandsOf(sources).filter(({ label, hint }) => {
    const whole = `${label} ${hint}`.toLowerCase();
    return words.every((word) => whole.includes(word));
  });
  const id = reachableId(text);
  const { app } = sources;
  if (app === null || id === null) return found;
  const why: Command = {
    id: `why ${id}`,
    label: `Why ${id}?`,
    hint: 'as a candidate or a subject',
    action: { go: whyHref(app, id) },
  };
  const isListed = found.some((command) => command.id === `execution ${id}`);
  const opened = isListed ? [] : [executionCommand(app, id, `in ${app}`)];
  return [...opened, ...found, why];
}

function commandsOf({ app, apps, pipelines, recent }: PaletteSources): Command[] {
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
        ]),
    ...(app === null
      ? []
      : pipelines.map(({ pipeline }) => go(pipelineHref(app, pipeline), pipeline, 'pipeline'))),
    ...apps.map(({ id, name }) => go(executionsHref(id), name, id === name ? 'app' : `app ${id}`)),
    ...(app === null
      ? []
      : recent.map((each) =>
          executionCommand(
            app,
            each.executionId,
            `${each.outcome ?? each.status} ${each.pipeline}`,
          ),
        )),
    { id: 'theme light', label: 'Light theme', hint: 'display', action: { theme: 'light' } },
    { id: 'theme dark', label: 'Dark theme', hint: 'display', action: { theme: 'dark' } },
    {
      id: 'theme system',
      label: 'Theme of the system',
      hint: 'display',
      action: { theme: 'system' },
    },
    { id: 'zone utc', label: 'Times in UTC', hint: 'display', action: { zone: 'utc' } },
    {
      id: 'zone local',
      label: 'Times in this machine’s zone',
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

/** The text as an execution's id, if it can be one (docs/wire-format.md, `executionId`); else null. */
function reachableId(text: string): string | null {
  const id = text.trim();
  if (id.length < ID_MIN_LENGTH || id.length > ID_MAX_LENGTH) return null;
  return /^[A-Za-z0-9._:-]+$/.test(id) ? id : null;
}
