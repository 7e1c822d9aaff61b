import { errorBodySchema } from '@xray/core';

export const TOO_BROAD = {
  description: 'The query would take longer than the limit. The message says how to narrow it.',
  schema: errorBodySchema,
};
