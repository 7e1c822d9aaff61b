import { z } from 'zod';
import {
  DICTIONARY_LIMITS,
  dictionaryChangeQuerySchema,
  dictionaryQuerySchema,
  dictionarySchema,
  evidenceQuerySchema,
  executionEvidenceSchema,
  letterQuerySchema,
  storedDictionarySchema,
} from '@xray/core';
import { authorize } from '../auth/policy.js';
import { nameOf, type Principal } from '../auth/principal.js';
import { DomainError } from '../errors.js';
import { ByteBudget } from '../ingest/byte-budget.js';
import { readBody } from '../ingest/read-body.js';
import { TemplateError, checkTemplate } from '../letters/template.js';
import { dictionaryYaml, readWritten } from '../letters/written-dictionary.js';
import { writeEvidence } from '../query/evidence.js';
import { LETTER_TYPES, writeLetter } from '../query/letters.js';
import { param, parse, type Deps, type Route } from './route.js';

const YAML = 'application/yaml';
/** For all changes of dictionaries that run at once. */
const MAX_CHANGES_BYTES = 8 * DICTIONARY_LIMITS.bytes;

/** An app's words, and the letters that are written with them. */
export function letterRoutes(deps: Deps): Route[] {
  const { accounts } = deps;
  const budget = new ByteBudget(MAX_CHANGES_BYTES);
  return [
    {
      method: 'get',
      path: '/api/apps/:app/dictionary',
      policy: 'read',
      summary:
        'The app’s names and descriptions for its codes, in several languages, and the texts of its letters.',
      query: dictionaryQuerySchema,
      examples: { format: 'json' },
      answers: {
        200: {
          description: `Revision 0 while nothing is stored. With \`format=yaml\` the dictionary alone, as ${YAML}.`,
          schema: storedDictionarySchema,
        },
      },
      async handle({ req, res }) {
        const { format } = parse(dictionaryQuerySchema, req.query);
        const stored = await accounts.readDictionary(param(req, 'app'));
        if (format === 'json') res.json(stored);
        else res.type(YAML).send(dictionaryYaml(stored.dictionary));
      },
    },
    {
      method: 'put',
      path: '/api/apps/:app/dictionary',
      policy: 'edit',
      audit: 'dictionary.change',
      summary:
        'Replaces the dictionary. A text alone stands for a name in the dictionary’s language.',
      query: dictionaryChangeQuerySchema,
      examples: { revision: '3' },
      body: {
        kind: 'raw',
        schema: dictionarySchema,
        types: ['application/json', YAML],
      },
      answers: {
        200: { description: 'The dictionary as it is now.', schema: storedDictionarySchema },
      },
      async handle({ req, res, change }) {
        const { revision } = parse(dictionaryChangeQuerySchema, req.query);
        const { bytes, release } = await readBody(req, budget, DICTIONARY_LIMITS.bytes);
        try {
          const dictionary = parse(dictionarySchema, readWritten(bytes.toString('utf8')));
          for (const [language, template] of Object.entries(dictionary.letters)) {
            checkLetter(language, template);
          }
          const stored = await change(async (edits) => {
            const result = await edits.putDictionary(param(req, 'app'), dictionary, revision);
            if (result === undefined) {
              throw new DomainError(
                'conflict',
                'Somebody changed the dictionary since you opened it. Load it again, then repeat your change.',
              );
            }
            return { result, details: { revision: result.revision } };
          });
          res.json(stored);
        } finally {
          release();
        }
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/executions/:id/letter',
      policy: 'read',
      audit: 'letter.write',
      summary:
        'A letter about an adverse decision, from the app’s template. Refused where the record does not support a principal reason.',
      query: letterQuerySchema,
      examples: { id: 'loan-8123', lang: 'en' },
      answers: {
        200: {
          description:
            'A page without scripts; with `format=text` plain text, with `format=md` Markdown.',
          type: 'text/html',
          schema: z.string(),
        },
      },
      async handle({ req, res, record }) {
        const query = parse(letterQuerySchema, req.query);
        const id = param(req, 'id');
        const text = await writeLetter(deps, param(req, 'app'), id, query);
        await record({ target: id, details: query });
        res.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
        res.type(LETTER_TYPES[query.format]).send(text);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/executions/:id/evidence',
      policy: 'read',
      isHeavy: true,
      audit: 'evidence.read',
      summary:
        'One file for an auditor: the record, its explanation, the rules in force, linked executions, audit entries and SHA-256 digests.',
      query: evidenceQuerySchema,
      examples: { id: 'loan-8123', lang: 'en' },
      answers: {
        200: {
          description:
            'With `format=json` this; else a page without scripts that needs nothing to be loaded. Audit entries are for owners only.',
          schema: executionEvidenceSchema,
        },
      },
      async handle({ req, res, principal, record }) {
        const query = parse(evidenceQuerySchema, req.query);
        const [app, id] = [param(req, 'app'), param(req, 'id')];
        const reader = { name: nameOf(principal), mayReadAudit: mayOwn(principal, app) };
        const text = await writeEvidence(deps, app, id, query, reader);
        await record({ target: id, details: query });
        res.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
        res.type(query.format).send(text);
      },
    },
  ];
}

function mayOwn(principal: Principal, app: string): boolean {
  try {
    authorize(principal, 'own', { app, isThisMachine: false });
    return true;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}

function checkLetter(language: string, template: string): void {
  try {
    checkTemplate(template);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new DomainError('invalid', `letters.${language}: ${error.message}`, [
      { path: `letters.${language}`, code: 'template' },
    ]);
  }
}
