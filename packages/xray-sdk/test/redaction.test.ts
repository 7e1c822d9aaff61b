import { snapshotSchema } from '@xray/core';
import { type Execution, type RedactOptions, XRaySDK } from '@xray/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { type Sink, startSink } from './sink.js';

let sink: Sink;

beforeEach(async () => {
  sink = await startSink();
});

afterEach(async () => {
  await sink.close();
});

/** Records with `tell`, and returns the snapshot that arrived and its exact bytes. */
async function recorded(tell: (execution: Execution) => void, redact?: RedactOptions) {
  sink.requests.length = 0;
  sink.snapshots.length = 0;
  const xray = new XRaySDK({
    apiKey: 'xr_test',
    appId: 'app',
    pipeline: 'redaction',
    endpoint: sink.endpoint,
    redact,
  });
  const execution = xray.startExecution();
  tell(execution);
  execution.completeExecution();
  expect(await xray.flush()).toBe(true);
  return { snapshot: snapshotSchema.parse(sink.snapshots[0]), bytes: sink.requests[0]?.text ?? '' };
}

describe('by default', () => {
  test.each([
    'password',
    'userPassword',
    'PASSWD',
    'api_key',
    'X-Api-Key',
    'Authorization',
    'access_token',
    'client.secret',
    'Set-Cookie',
    'cardNumber',
    'card_number',
    'cvv',
    'creditCard',
    'ccNumber',
    'card-no',
    'otp',
    'securityCode',
    'PHPSESSID',
  ])('the value of %s does not leave the process', async (key) => {
    const { snapshot, bytes } = await recorded((ex) =>
      ex.recordStep({ name: 'login', input: { user: 'ann', deep: [{ [key]: 'hunter2' }] } }),
    );
    expect(bytes).not.toContain('hunter2');
    expect(snapshot.steps[0]?.input).toEqual({ user: 'ann', deep: [{ [key]: '[redacted]' }] });
    expect(snapshot.marks).toEqual([{ path: `/steps/0/input/deep/0/${key}`, kind: 'redacted' }]);
  });

  test.each([
    'inputTokens',
    'max_tokens',
    'tokens',
    'passed',
    'author',
    'pinned',
    'panel',
    'company',
  ])('the value of %s is no secret', async (key) => {
    const { snapshot } = await recorded((ex) => ex.recordStep({ name: 's', input: { [key]: 7 } }));
    expect(snapshot.steps[0]?.input).toEqual({ [key]: 7 });
  });

  const named = {
    words: { auth: { user: 'u', pass: 'SECRET' }, userPwd: 'SECRET', applicantSsn: 'SECRET' },
    'more words': { cardCvv: 'SECRET', pin_code: 'SECRET', csrf: 'SECRET', dbPass: 'SECRET' },
    plurals: {
      tokens: ['SECRET'],
      passwords: ['SECRET'],
      apiKeys: { a: 'SECRET' },
      SSNs: ['SECRET'],
    },
    'small letters': { userpwd: 'SECRET', applicantssn: 'SECRET', refreshtoken: 'SECRET' },
    keys: {
      sshKey: 'SECRET',
      encryption_key: 'SECRET',
      connectionString: 'SECRET',
      creds: 'SECRET',
    },
    'names and values by turns': { rawHeaders: ['host', 'x', 'authorization', 'SECRET'] },
    pairs: [['Cookie', 'SECRET']],
    'objects of name and value': [{ name: 'authorization', value: 'SECRET' }],
    'objects of key and text': [{ key: 'password', oldValue: 'SECRET', newValue: 'SECRET' }],
    lines: {
      headers: ['Authorization: Bearer SECRET'],
      argv: ['--password=SECRET', '--token', 'SECRET'],
    },
    'headers of the web': new Headers({ authorization: 'SECRET' }),
    'parameters of an address': new URLSearchParams('token=SECRET'),
  };
  test.each(Object.entries(named))(
    'secrets under usual names do not go out: %s',
    async (_name, value) => {
      const { bytes, snapshot } = await recorded((ex) =>
        ex.recordStep({ name: 's', input: value }),
      );
      expect(bytes).not.toContain('SECRET');
      expect(snapshot.marks?.some(({ kind }) => kind === 'redacted')).toBe(true);
    },
  );

  test('a value that only resembles a secret, or is a count, is kept', async () => {
    const input = {
      tokens: { total: 12 },
      maxTokens: 7,
      usage: { inputTokens: 812, tokens: 3 },
      pass: true,
      passRate: 0.4,
      secretary: 'ann',
      authority: 'fca',
      publicKey: 'k',
      idempotencyKey: 'k',
      cvvMatch: 'yes',
      missing: ['password', 'email'],
      list: [{ name: 'color', value: 'red' }],
      tags: ['a', 'b'],
      params: ['x', 'y'],
    };
    const { snapshot } = await recorded((ex) => ex.recordStep({ name: 's', input }));
    expect(snapshot.steps[0]?.input).toEqual(input);
    expect(snapshot.marks).toBeUndefined();
  });

  test('the defaults can be turned off', async () => {
    const tell = (ex: Execution) => ex.recordStep({ name: 's', input: { token: 'kept' } });
    const { snapshot } = await recorded(tell, { defaults: false });
    expect(snapshot.steps[0]?.input).toEqual({ token: 'kept' });
  });
});

describe('by the rules of the host', () => {
  test('a path names one place, or every depth with a star', async () => {
    const { snapshot } = await recorded(
      (ex) =>
        ex.recordStep({
          name: 's',
          input: {
            applicant: { ssn: '1', name: 'ann', email: 'a@b' },
            email: 'c@d',
            list: [{ email: 'e@f' }],
          },
          output: { applicant: { name: 'bob' } },
        }),
      { paths: ['input.applicant.name', '*.email'] },
    );
    expect(snapshot.steps[0]).toMatchObject({
      input: {
        applicant: { ssn: '[redacted]', name: '[redacted]', email: '[redacted]' },
        email: '[redacted]',
        list: [{ email: '[redacted]' }],
      },
      output: { applicant: { name: 'bob' } },
    });
  });

  test('a key rule may be a pattern or a word, and the host chooses the replacement', async () => {
    const { snapshot } = await recorded(
      (ex) => ex.recordStep({ name: 's', input: { myIban: 'DE1', Nick_Name: 'annie' } }),
      {
        keys: [/iban/gi, 'nickname'],
        with: (value, { key, path }) => `${key}@${path}:${String(value).length}`,
      },
    );
    expect(snapshot.steps[0]?.input).toEqual({
      myIban: 'myIban@input.myIban:3',
      Nick_Name: 'Nick_Name@input.Nick_Name:5',
    });
  });

  test('a rule may name a whole field', async () => {
    const { snapshot } = await recorded(
      (ex) => ex.recordStep({ name: 's', input: 'all of it', reasoning: 'because' }),
      { paths: ['input', 'reasoning'] },
    );
    expect(snapshot.steps[0]).toMatchObject({ input: '[redacted]', reasoning: '[redacted]' });
  });
});

/** Puts a secret into every field that holds values. */
function tellEverywhere(ex: Execution): void {
  const secret = 'SECRET';
  ex.set({ input: { secret }, output: [secret], metadata: { note: secret, plain: 1 } });
  ex.step('rules', (s) => {
    s.check('limit', false, { actual: secret, threshold: secret, text: `over ${secret}` });
    s.filter([{ id: 1, secret }], {
      id: ({ id }) => id,
      data: (candidate) => ({ note: candidate.secret }),
      rules: [{ id: 'r', test: () => false, actual: (candidate) => candidate.secret }],
    });
    s.artifact({ name: 'a', mediaType: 'text/plain', bytes: 6, inline: secret });
  });
  ex.recordStep({
    name: 'llm',
    input: { secret },
    output: secret,
    reasoning: `they said ${secret}`,
    error: new Error(`failed on ${secret}`),
    model: { name: 'm', params: { stop: secret } },
  });
  ex.decide('declined');
}

test('a text function receives every field that holds values', async () => {
  const { bytes, snapshot } = await recorded(tellEverywhere, {
    text: (text) => text.replaceAll('SECRET', '***'),
  });
  expect(bytes).not.toContain('SECRET');
  expect(snapshot.steps[1]?.reasoning).toBe('they said ***');
  expect(snapshot.metadata).toEqual({ note: '***', plain: 1 });
  expect(snapshot.decision?.reasons?.[0]?.text).toBe('over ***');
});

test('a redactor that throws drops the value, with a mark', async () => {
  const explode = (): never => {
    throw new Error('mine');
  };
  const { bytes, snapshot } = await recorded(tellEverywhere, { text: explode, with: explode });
  expect(bytes).not.toContain('SECRET');
  expect(snapshot.steps.map(({ name }) => name)).toEqual(['rules', 'llm']);
  expect(snapshot.marks).toContainEqual({ path: '/steps/1/output', kind: 'redactor_error' });
});

test('an unusable rule redacts everything instead of nothing', async () => {
  const { bytes } = await recorded(tellEverywhere, {
    keys: 'oops' as never,
    paths: [null as never],
  });
  expect(bytes).not.toContain('SECRET');
});

/** Values in fields of their own, with the paths that hosts may name. */
const PLACES = {
  'error.message': (ex: Execution) => ex.recordStep({ name: 's', error: new Error('SECRET') }),
  'model.params': (ex: Execution) =>
    ex.recordStep({ name: 's', model: { name: 'm', params: ['SECRET'] } }),
  'rules.ssn': (ex: Execution) =>
    ex.recordStep({ name: 's', rules: [{ id: 'r', field: 'ssn', actual: 'SECRET' }] }),
  'rules.threshold': (ex: Execution) =>
    ex.recordStep({ name: 's', rules: [{ id: 'r', threshold: 'SECRET' }] }),
  'artifacts.inline': (ex: Execution) => artifact(ex, { inline: 'SECRET' }),
  'artifacts.uri': (ex: Execution) => artifact(ex, { uri: 'https://files/?signature=SECRET' }),
  'candidates.data': (ex: Execution) =>
    ex.step('f', (s) => s.rank([1], { id: String, score: Number, data: () => 'SECRET' })),
  'metadata.note': (ex: Execution) => ex.set({ metadata: { note: 'SECRET' } }),
  'decision.reasons.text': (ex: Execution) =>
    ex.decide('no', { reasons: [{ code: 'C', text: 'SECRET' }] }),
};

function artifact(ex: Execution, where: { inline: string } | { uri: string }): void {
  const described = { name: 'a', mediaType: 'text/plain', bytes: 6, ...where };
  ex.recordStep({ name: 's', artifacts: [described] });
}

test.each(Object.entries(PLACES))('the path %s names its field', async (path, tell) => {
  const { bytes, snapshot } = await recorded(tell, { defaults: false, paths: [path] });
  expect(bytes).not.toContain('SECRET');
  expect(snapshot.marks?.map(({ kind }) => kind)).toEqual(['redacted']);
  const other = await recorded(tell, { defaults: false, paths: ['input.*'] });
  expect(other.bytes).toContain('SECRET');
});

test.each(['ssn', 'cvv', 'applicant.ssn', 'applicant.password'])(
  'a rule on the field %s hides the tested value',
  async (field) => {
    const { bytes } = await recorded((ex) => {
      ex.step('rules', (s) => s.check('r', true, { field, actual: 'SECRET' }));
      ex.step('filter', (s) => {
        s.filter([1], {
          id: String,
          rules: [{ id: 'f', field, test: () => false, actual: () => 'SECRET' }],
        });
      });
    });
    expect(bytes).not.toContain('SECRET');
  },
);

test.each<[string, RedactOptions | undefined]>([
  ['password', undefined],
  ['salary', { paths: ['rules.salary'] }],
])('a rule on the field %s hides both of its values', async (field, redact) => {
  const { bytes } = await recorded((ex) => {
    const rule = { id: 'r', field, actual: 'SECRET', threshold: 'SECRET' };
    ex.recordStep({ name: 's', rules: [rule] });
    ex.step('check', (s) => s.check('r', true, rule));
    ex.step('filter', (s) => {
      s.filter([1], {
        id: String,
        rules: [{ ...rule, test: () => false, actual: () => 'SECRET' }],
      });
    });
  }, redact);
  expect(bytes).not.toContain('SECRET');
});

test('a rule with the name of a secret and without a field hides its values', async () => {
  const { bytes } = await recorded((ex) =>
    ex.step('s', (s) => s.check('password', true, { actual: 'SECRET', threshold: 'SECRET' })),
  );
  expect(bytes).not.toContain('SECRET');
});

test('the fields of an error are redacted like other values', async () => {
  const error = Object.assign(new Error('no'), {
    config: { headers: { authorization: 'SECRET' } },
  });
  error.cause = { password: 'SECRET' };
  const { bytes, snapshot } = await recorded((ex) => {
    ex.recordStep({ name: 's', error, output: error });
    ex.recordStep({ name: 's', error: { token: 'SECRET' } });
  });
  expect(bytes).not.toContain('SECRET');
  expect(snapshot.steps).toHaveLength(2);
});

test('a path with a star matches a key that contains dots, and the field of a rule', async () => {
  const { bytes } = await recorded(
    (ex) =>
      ex.recordStep({
        name: 's',
        input: { 'home.email': 'SECRET' },
        rules: [{ id: 'r', field: 'email', actual: 'SECRET' }],
      }),
    { paths: ['*.email'] },
  );
  expect(bytes).not.toContain('SECRET');
});

test('entries of a map with mixed keys are redacted by their text keys', async () => {
  const { snapshot } = await recorded((ex) =>
    ex.recordStep({
      name: 's',
      input: new Map<unknown, unknown>([
        [7, 'seven'],
        ['password', 'SECRET'],
      ]),
    }),
  );
  expect(snapshot.steps[0]?.input).toEqual([
    [7, 'seven'],
    ['password', '[redacted]'],
  ]);
});

test('a text function receives tags', async () => {
  const { snapshot } = await recorded((ex) => ex.set({ tags: ['vip SECRET', 'plain'] }), {
    text: (text) => text.replaceAll('SECRET', '***'),
  });
  expect(snapshot.tags).toEqual(['vip ***', 'plain']);
});

test.each(['password', 7, true])(
  'the invalid redact option %j redacts everything',
  async (redact) => {
    const { bytes } = await recorded(tellEverywhere, redact as never);
    expect(bytes).not.toContain('SECRET');
  },
);
