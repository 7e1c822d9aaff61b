import { YAMLParseError, parse, stringify } from 'yaml';
import { TERM_KINDS, fullDictionary, type Dictionary } from '@xray/core';
import { DomainError } from '../errors.js';

/** A dictionary's YAML or JSON, as a value that is still to be checked. YAML 1.2 holds JSON. */
export function readWritten(text: string): unknown {
  try {
    // No aliases: a small file could mean a huge document.
    return fullDictionary(parse(text, { maxAliasCount: 0, schema: 'core' }));
  } catch (error) {
    if (error instanceof YAMLParseError) {
      const [place] = error.linePos ?? [];
      const where = place === undefined ? '' : ` Line ${place.line}, column ${place.col}.`;
      throw new DomainError('invalid', `The dictionary is not YAML.${where} ${firstLine(error)}`, [
        { path: '', code: 'not_yaml', position: error.pos[0] },
      ]);
    }
    if (error instanceof ReferenceError) {
      throw new DomainError(
        'invalid',
        'The dictionary may not hold YAML aliases: write each text out.',
        [{ path: '', code: 'not_yaml' }],
      );
    }
    throw error;
  }
}

/** The dictionary as YAML, without members that are empty. */
export function dictionaryYaml(dictionary: Dictionary): string {
  const members = [...TERM_KINDS, 'letters', 'review'] as const;
  const filled = members.filter((member) => Object.keys(dictionary[member]).length > 0);
  const document = {
    language: dictionary.language,
    ...Object.fromEntries(filled.map((member) => [member, dictionary[member]])),
  };
  return stringify(document, { lineWidth: 0 });
}

function firstLine({ message }: Error): string {
  return message.split('\n', 1)[0] ?? '';
}
