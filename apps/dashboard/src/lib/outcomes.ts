import type { AppOutcomes, OutcomeMeanings, Status } from '@xray/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useShownApp } from './app-scope';
import { asRecorded, type Names } from './dictionary';
import { getOutcomes } from './outcomes-api';
import {
  outcomeVerdict,
  technicalVerdict,
  verdictName,
  type Shape,
  type Tone,
  type Verdict,
} from './verdict';

type Entry = OutcomeMeanings['outcomes'][number];
type Rated = Pick<Entry, 'meaning' | 'hue'>;

const LOOKS: Record<Entry['meaning'], { tone: Tone; shape: Shape }> = {
  good: { tone: 'positive', shape: 'circle' },
  bad: { tone: 'negative', shape: 'cross' },
  neutral: { tone: 'deferred', shape: 'diamond' },
};

/** An execution of a list. */
export interface Ended {
  pipeline: string;
  status: Status | null | undefined;
  outcome: string | null | undefined;
  stale: boolean;
}

/** The words of an execution in a list. A failed execution can have an outcome too. */
export interface ExecutionVerdicts {
  outcome: Verdict | null;
  /** Null if the outcome says it all: the execution completed with it. */
  status: Verdict | null;
}

/**
 * The colours and the order that people gave to outcomes. A null pipeline stands for several pipelines: an outcome
 * has a meaning there only if all pipelines that name it agree.
 */
export class Outcomes {
  readonly #byPipeline = new Map<string, Map<string, Rated>>();
  readonly #shared = new Map<string, Rated | null>();

  constructor({ items }: AppOutcomes) {
    for (const { pipeline, outcomes } of items) {
      this.#byPipeline.set(
        pipeline,
        new Map(outcomes.map(({ outcome, ...rated }) => [outcome, rated])),
      );
      for (const { outcome, meaning, hue } of outcomes) {
        const other = this.#shared.get(outcome);
        const agrees = other === undefined || (other?.meaning === meaning && other.hue === hue);
        this.#shared.set(outcome, agrees ? { meaning, hue } : null);
      }
    }
  }

  /** The display of an outcome. Without a meaning its name decides. */
  verdict(pipeline: string | null, outcome: string): Verdict {
    const rated = this.#of(pipeline)?.get(outcome);
    if (rated === undefined || rated === null) return outcomeVerdict(outcome);
    const { tone, shape } = LOOKS[rated.meaning];
    return {
      word: outcome,
      term: 'outcomes',
      shape,
      tone: rated.hue === null ? tone : 'named',
      hue: rated.hue,
      isChosen: true,
    };
  }

  /** Outcome and technical status apart. At least one of them is not null. */
  ofExecution(execution: Ended): ExecutionVerdicts {
    const { pipeline, outcome, status } = execution;
    const technical = technicalVerdict(execution);
    if (outcome === null || outcome === undefined) return { outcome: null, status: technical };
    return {
      outcome: this.verdict(pipeline, outcome),
      status: (status ?? 'completed') === 'completed' ? null : technical,
    };
  }

  /** Puts outcomes with a meaning first, in their order. The others keep their order. */
  sort<T>(pipeline: string | null, items: readonly T[], nameOf: (item: T) => string | null): T[] {
    const places = new Map(Array.from(this.#of(pipeline)?.keys() ?? [], (name, at) => [name, at]));
    const placeOf = (item: T): number => places.get(nameOf(item) ?? '') ?? places.size;
    return items.toSorted((a, b) => placeOf(a) - placeOf(b));
  }

  #of(pipeline: string | null): ReadonlyMap<string, Rated | null> | undefined {
    return pipeline === null ? this.#shared : this.#byPipeline.get(pipeline);
  }
}

const NO_MEANINGS = new Outcomes({ items: [] });

export const outcomesQuery = (app: string) =>
  queryOptions({
    queryKey: ['outcomes', app],
    queryFn: async ({ signal }) => new Outcomes(await getOutcomes(app, signal)),
    staleTime: 60_000,
  });

/** The meanings in the shown app. Until they are loaded, names decide. */
export function useOutcomes(): Outcomes {
  const app = useShownApp();
  const { data } = useQuery({ ...outcomesQuery(app ?? ''), enabled: app !== null });
  return data ?? NO_MEANINGS;
}

/** An execution's outcome and status in words. */
export function executionWords(execution: Ended, names: Names = asRecorded): string {
  const { outcome, status } = NO_MEANINGS.ofExecution(execution);
  return [outcome, status]
    .flatMap((verdict) => (verdict === null ? [] : [verdictName(verdict, names)]))
    .join(', ');
}
