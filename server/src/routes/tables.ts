import type { Response } from 'express';

export const CSV = 'text/csv; charset=utf-8; header=present';

/** Whether the file is to begin with a byte order mark. */
export function isMarked({ bom }: { bom: 'true' | 'false' }): boolean {
  return bom === 'true';
}

/** Sends a table as a file. Its name tells nothing of its content. */
export function sendTable(res: Response, name: string, csv: string): void {
  res.attachment(`${name}.csv`);
  res.type(CSV).send(csv);
}
