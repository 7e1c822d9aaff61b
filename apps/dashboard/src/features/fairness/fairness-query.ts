import type { Fairness } from '@xray/core';
import { queryOptions } from '@tanstack/react-query';
import { questionBounds } from '@/components/time-range/question-range';
import { appPath, getJson, searchOf, sendFile } from '@/lib/api-client';

export interface FairnessQuestion {
  q: string;
  outcome: string;
  within: string;
  from: string | null;
  to: string | null;
}

/** A file of groups, and what its ids are. */
export interface GroupsFile {
  file: File;
  key: 'subject' | 'execution';
}

export const fairnessQuery = (app: string, by: string, question: FairnessQuestion) =>
  queryOptions({
    queryKey: ['fairness', app, by, question],
    queryFn: ({ signal }) =>
      getJson<Fairness>(`${appPath(app)}/fairness`, { ...paramsOf(question), by }, signal),
    enabled: by !== '',
  });

/** Sends the file. The answer is kept only while the page is open. */
export async function joinGroups(
  app: string,
  question: FairnessQuestion,
  { file, key }: GroupsFile,
): Promise<Fairness> {
  const type = /\.json$/i.test(file.name) ? 'application/json' : 'text/csv';
  const search = searchOf({ ...paramsOf(question), key });
  return await sendFile('POST', `${appPath(app)}/fairness${search}`, file, type);
}

function paramsOf({ from, to, ...question }: FairnessQuestion) {
  return { ...question, ...questionBounds({ from, to }, Date.now()) };
}
