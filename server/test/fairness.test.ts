import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditPage, ErrorBody, Fairness, Snapshot } from '@xray/core';
import { APP, driverInCi, freshServer } from './support/databases.js';
import { postOk } from './support/http.js';
import { plantSecrets } from './support/logging.js';
import { WITH_ADMINISTRATOR, administratorOf, type Visitor } from './support/people.js';
import { snapshot } from './support/snapshots.js';

const GROUPS = [
  { region: 'north', of: 100, approved: 80 },
  { region: 'south', of: 80, approved: 40 },
  { region: 'tiny', of: 12, approved: 1 },
];
const path = `/api/apps/${APP}/fairness`;
const CANARY = 'canary-restricted-group';

function decisions(): Snapshot[] {
  return GROUPS.flatMap(({ region, of, approved }) =>
    Array.from({ length: of }, (_, index) => {
      const isApproved = index < approved;
      return snapshot({
        executionId: `${region}-${index}`,
        pipeline: 'fair',
        metadata: { region, band: index % 2 === 0 ? 'even' : 'odd' },
        subjects: [{ type: 'applicant', id: `${region}-${index}` }],
        decision: { outcome: isApproved ? 'approved' : 'declined', adverse: !isApproved },
      });
    }),
  );
}

describe.each(driverInCi('postgres'))('fairness on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let ada: Visitor;
  beforeAll(async () => {
    plantSecrets(CANARY);
    server = await freshServer(driver, WITH_ADMINISTRATOR);
    ada = await administratorOf(server);
    await postOk(server.url, decisions());
    // A running execution has no rate.
    await postOk(server.url, [
      snapshot({
        pipeline: 'fair',
        status: 'running',
        decision: null,
        metadata: { region: 'north' },
      }),
    ]);
  });
  afterAll(() => server.close());

  const rates = ({ groups }: Fairness) =>
    groups.map(({ group, favourable, impact }) => [
      group,
      favourable.count,
      favourable.of,
      impact.ratio,
    ]);

  test('compares the groups of an attribute, by an outcome or by what is not adverse', async () => {
    const expected = [
      ['north', 80, 100, 1],
      ['south', 40, 80, 0.625],
    ];
    for (const outcome of ['&outcome=approved', '']) {
      const answer = await ada.ask<Fairness>(
        'GET',
        `${path}?q=pipeline:fair&by=metadata.region${outcome}&within=metadata.band`,
      );
      expect(rates(answer)).toEqual(expected);
      expect(answer).toMatchObject({ reference: 'north', executions: 180, withheld: ['tiny'] });
      expect(answer.groups[1]).toMatchObject({ belowFourFifths: true, beyondChance: true });
      expect(answer.strata.map(({ values }) => values['metadata.band'])).toEqual(['even', 'odd']);
      expect(answer.groups[1]?.withinFactors?.executions).toBe(180);
    }
  });

  test.each(['subject', 'execution'])(
    'joins a file by %s and answers as for metadata',
    async (key) => {
      const rows = GROUPS.flatMap(({ region, of }) =>
        Array.from({ length: of }, (_, index) => [`${region}-${index}`, `${CANARY}-${region}`]),
      );
      const csv = `id,group\n${rows.map((row) => row.join(',')).join('\n')}`;
      const files = [
        { type: 'text/csv', body: csv },
        { type: 'application/json', body: JSON.stringify(Object.fromEntries(rows)) },
      ];
      for (const { type, body } of files) {
        const { status, body: answer } = await ada.send(
          'POST',
          `${path}?q=pipeline:fair&key=${key}`,
          body,
          { 'content-type': type },
        );
        expect(status).toBe(200);
        expect(rates(answer as Fairness)).toEqual([
          [`${CANARY}-north`, 80, 100, 1],
          [`${CANARY}-south`, 40, 80, 0.625],
        ]);
      }
      const audit = await ada.ask<AuditPage>('GET', `/api/apps/${APP}/audit?action=fairness.join`);
      expect(audit.items[0]?.details).toEqual({ key, ids: rows.length });
      expect(JSON.stringify(audit)).not.toContain(CANARY);
    },
  );

  test('names the field of a wrong question, and never a value of the file', async () => {
    const wrong = [
      { where: `${path}?by=score`, at: 'by' },
      { where: `${path}?by=metadata.region&within=a,b`, at: 'within' },
    ];
    for (const { where, at } of wrong) {
      const answer = await ada.send('GET', where);
      expect(answer.status).toBe(400);
      expect((answer.body as ErrorBody).error.details?.[0]?.path).toContain(at);
    }
    const file = await ada.send('POST', path, `id,group\nx,${CANARY},y`, {
      'content-type': 'text/csv',
    });
    expect(file.status).toBe(400);
    expect(JSON.stringify(file.body)).toContain('Record 2 does not have two columns');
    expect(JSON.stringify(file.body)).not.toContain(CANARY);
  });
});
