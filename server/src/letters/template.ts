import Mustache from 'mustache';
import { LETTER_FIELDS, type LetterFields } from '@xray/core';

/** A template that does not work, and what to change. */
export class TemplateError extends Error {}

/** A token of Mustache: its kind, its value, its place, and for a section what is in it. */
type Token = [kind: string, value: string, start: number, end: number, inner?: unknown];

/**
 * Checks a template before it is stored: it must parse, and name only fields that exist. Tags that would leave
 * values unescaped or load other templates are refused.
 */
export function checkTemplate(template: string): void {
  let tokens: Token[];
  try {
    tokens = Mustache.parse(template) as Token[];
  } catch (error) {
    throw new TemplateError(error instanceof Error ? error.message : String(error));
  }
  checkTokens(tokens);
}

function checkTokens(tokens: Token[]): void {
  for (const [kind, value, , , inner] of tokens) {
    if (kind === 'text' || kind === '!') continue;
    if (kind !== 'name' && kind !== '#' && kind !== '^') {
      throw new TemplateError(
        `{{${kind} ${value}}} is not possible in a letter. Write {{${value}}}, which is always escaped.`,
      );
    }
    if (!Object.hasOwn(LETTER_FIELDS, value)) {
      throw new TemplateError(
        `There is no field {{${value}}}. The fields are: ${Object.keys(LETTER_FIELDS).join(', ')}.`,
      );
    }
    if (Array.isArray(inner)) checkTokens(inner as Token[]);
  }
}

/** The letter as Markdown. Every value is escaped: it shows as it was recorded, whatever characters it has. */
export function fillTemplate(template: string, fields: LetterFields): string {
  const filled = Mustache.render(template, fields, undefined, {
    escape: (value) => escapeMarkdown(String(value)),
  });
  return `${filled.replaceAll(/\n{3,}/g, '\n\n').trim()}\n`;
}

/** CommonMark 2.4: a backslash before ASCII punctuation makes it a plain character. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_[\]<>#|~&]/g, '\\$&')
    .replace(/^[-+=]/, '\\$&')
    .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2');
}
