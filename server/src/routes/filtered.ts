import { errorBodySchema } from '@xray/core';

export const FILTER_EXAMPLES = {
  q: 'outcome:declined -env:dev duration:>500ms',
  from: '2026-11-15T00:00:00Z',
  to: '2026-11-22T00:00:00Z',
};
export const TOO_BROAD = {
  description: 'It would take longer than a read may; the message says what to narrow.',
  schema: errorBodySchema,
};
