import { errorBodySchema } from '@xray/core';

export const TOO_BROAD = {
  description: 'It would take longer than a read may; the message says what to narrow.',
  schema: errorBodySchema,
};
