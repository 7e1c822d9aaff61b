import { z } from 'zod';

/** Parameters of the answers that can be a table. */
export const tableQuerySchema = z.object({
  format: z.enum(['json', 'csv']).default('json'),
  /** Begins a CSV file with a byte order mark, by which Excel knows UTF-8. */
  bom: z.enum(['true', 'false']).default('false'),
});

/** A cell: numbers and booleans are the API's, and a null is empty. */
export type CsvValue = string | number | bigint | boolean | null | undefined;

/** The mark by which Excel knows UTF-8. */
export const BYTE_ORDER_MARK = '\uFEFF';

/** Spreadsheets run a text that begins so as a formula (OWASP, CSV Injection). */
const FORMULA = /^[=+\-@\t\r]/;

/** A line of RFC 4180. A text that would be a formula begins with an apostrophe; a number stays as it is. */
export function csvRow(values: CsvValue[]): string {
  return `${values.map(csvCell).join(',')}\r\n`;
}

function csvCell(value: CsvValue): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const harmless = FORMULA.test(value) ? `'${value}` : value;
  return `"${harmless.replaceAll('"', '""')}"`;
}
