import { z } from 'zod';

/** Parameters of answers that can also be a table. */
export const tableQuerySchema = z.object({
  format: z.enum(['json', 'csv']).default('json'),
  /** Whether a CSV file begins with a byte order mark. Excel needs it to recognize UTF-8. */
  bom: z.enum(['true', 'false']).default('false'),
});

/** A cell. Numbers and booleans look as in the API. Null is an empty cell. */
export type CsvValue = string | number | bigint | boolean | null | undefined;

/** The mark by which Excel recognizes UTF-8. */
export const BYTE_ORDER_MARK = '\uFEFF';

/** Spreadsheets run a text with such a beginning as a formula (OWASP, CSV Injection). */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * Writes a line of RFC 4180. A text that would be a formula gets an apostrophe in front. Numbers stay
 * unchanged.
 */
export function csvRow(values: CsvValue[]): string {
  return `${values.map(csvCell).join(',')}\r\n`;
}

function csvCell(value: CsvValue): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const harmless = FORMULA.test(value) ? `'${value}` : value;
  return `"${harmless.replaceAll('"', '""')}"`;
}
