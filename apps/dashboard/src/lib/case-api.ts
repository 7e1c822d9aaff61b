import type { Case, Dictionary, StoredDictionary, Suggestions } from '@xray/core';
import { pathSegment } from '@xray/core/path-segment';
import { appPath, fileUrl, getFile, getJson, sendFile, sendJson } from './api-client';

/** Everything about a subject, with what is linked to it. */
export async function getCase(
  app: string,
  { type, id }: { type: string; id: string },
  signal?: AbortSignal,
): Promise<Case> {
  return await getJson(casePath(app, type, id), {}, signal);
}

/** The case as a CSV file that Excel opens as UTF-8. */
export function caseCsvUrl(app: string, { type, id }: { type: string; id: string }): string {
  return fileUrl(casePath(app, type, id), { format: 'csv', bom: 'true' });
}

function casePath(app: string, type: string, id: string): string {
  return `${appPath(app)}/subjects/${pathSegment(type)}/${pathSegment(id)}/case`;
}

export async function getSuggestions(
  app: string,
  prefix: string,
  signal?: AbortSignal,
): Promise<Suggestions> {
  return await getJson(`${appPath(app)}/suggest`, { prefix }, signal);
}

export async function getDictionary(app: string, signal?: AbortSignal): Promise<StoredDictionary> {
  return await getJson(`${appPath(app)}/dictionary`, {}, signal);
}

export function dictionaryYamlUrl(app: string): string {
  return fileUrl(`${appPath(app)}/dictionary`, { format: 'yaml' });
}

/** @throws ApiError 409 where somebody else changed it since that revision */
export async function putDictionary(
  app: string,
  dictionary: Dictionary,
  revision: number,
): Promise<StoredDictionary> {
  return await sendJson('PUT', `${appPath(app)}/dictionary?revision=${revision}`, dictionary);
}

/** Replaces the dictionary with a file. */
export async function importDictionary(app: string, yaml: string): Promise<StoredDictionary> {
  return await sendFile('PUT', `${appPath(app)}/dictionary`, yaml, 'application/yaml');
}

type LetterFormat = 'html' | 'text' | 'md';

function letterPath(app: string, id: string): string {
  return `${appPath(app)}/executions/${pathSegment(id)}/letter`;
}

/** @throws ApiError 409 where the record does not support a letter */
export async function getLetter(app: string, id: string, lang: string | null): Promise<string> {
  return await (await getFile(letterPath(app, id), { lang, format: 'html' })).text();
}

export function letterUrl(app: string, id: string, lang: string | null, format: LetterFormat) {
  return fileUrl(letterPath(app, id), { lang, format });
}

export function evidenceUrl(app: string, id: string, format: 'html' | 'json'): string {
  return fileUrl(`${appPath(app)}/executions/${pathSegment(id)}/evidence`, { format });
}
