import { letterTemplate, parseJson, termsIn, type Letter, type LetterQuery } from '@xray/core';
import { DomainError } from '../errors.js';
import { letterPage, letterText } from '../letters/formats.js';
import { fillTemplate } from '../letters/template.js';
import { MAX_LINKED_FROM, findExecution, type RecordDeps } from './read-executions.js';

export const LETTER_TYPES = {
  html: 'text/html; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
} as const;

/**
 * The letter about a decision.
 *
 * @throws DomainError where the record does not support one, with the cause.
 */
export async function writeLetter(
  { accounts, executions, threads }: RecordDeps,
  app: string,
  executionId: string,
  { lang, format }: LetterQuery,
): Promise<string> {
  const { body, receivedAt } = await findExecution(executions, app, executionId);
  const { dictionary } = await accounts.readDictionary(app);
  const linkedFrom = await executions.listLinksTo(app, executionId, MAX_LINKED_FROM);
  const letter = parseJson(
    await threads.run('letter', {
      body,
      dictionary,
      lang,
      linkedFrom,
      receivedAt: receivedAt.toISOString(),
    }),
  ) as unknown as Letter;
  if (!letter.ok) {
    throw new DomainError(
      'conflict',
      letter.message,
      letter.reasons.length > 0
        ? letter.reasons.map(({ place, support }) => ({
            path: `decision.reasons[${place}]`,
            code: support,
          }))
        : [{ path: '', code: letter.code }],
    );
  }
  const { fields } = letter;
  const text = fillTemplate(letterTemplate(termsIn(dictionary, lang)), fields);
  if (format === 'md') return text;
  if (format === 'text') return letterText(text);
  return letterPage(text, { language: fields.language, title: `Letter ${fields.executionId}` });
}
