'use client';

import type { TermKind } from '@xray/core/terms';
import { nameWithCode, useNames } from '@/lib/dictionary';

/** A code by its name in the app's dictionary. The code shows on hover. */
export function Term({ kind, code }: { kind: TermKind; code: string }) {
  const name = useNames()(kind, code);
  return name === code ? code : <span title={nameWithCode(name, code)}>{name}</span>;
}
