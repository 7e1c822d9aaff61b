import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '@/lib/api-client';
import { isDoor, safeNext, signInHref } from '@/lib/doors';
import { formErrors } from '@/lib/form-errors';

const ORIGIN = 'https://xray.example';

/** The page where a browser arrives when it is sent there. */
const landing = (next: string) => new URL(safeNext(next, ORIGIN), `${ORIGIN}/sign-in`);

describe('the page after signing in', () => {
  it('is the page of the request, with its query and fragment', () => {
    const page = '/execution?app=my-app&id=0193&step=3&tab=rules#x';
    const { searchParams } = new URL(signInHref(page), ORIGIN);
    expect(safeNext(searchParams.get('next'), ORIGIN)).toBe(page);
  });

  it('is the start without a next page', () => {
    expect(safeNext(null, ORIGIN)).toBe('/');
    expect(signInHref('/')).toBe('/sign-in');
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/.//evil.example',
    '/x/..//evil.example',
    'javascript:alert(1)',
    ' //evil.example',
    'executions',
    '',
  ])('is never another site: %j', (next) => {
    expect(safeNext(next, ORIGIN)).toBe('/');
  });

  it('always has this origin', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '\t',
      '@',
      ':',
      '?',
      '#',
      '%2f',
      'evil.example',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        expect(landing(`/${pieces.join('')}`).origin).toBe(ORIGIN);
      }),
    );
  });

  it('is never a sign-in page', () => {
    expect(safeNext('/sign-in?next=%2Fsign-in', ORIGIN)).toBe('/');
    expect(isDoor('/setup/')).toBe(true);
    expect(isDoor('/settings')).toBe(false);
  });
});

describe("the server's errors of a form", () => {
  const invalid = (message: string, ...paths: string[]) =>
    new ApiError(400, {
      code: 'invalid',
      message,
      details: paths.map((path) => ({ path, code: 'too_small' })),
    });

  it('are shown at their fields', () => {
    const error = invalid(
      'account.email: Invalid email address; account.password: Too small',
      'account.email',
      'account.password',
    );
    expect(formErrors(error, ['email', 'password'])).toEqual({
      fields: { email: 'Invalid email address', password: 'Too small' },
      whole: null,
    });
  });

  it('belong to the whole form if no field matches', () => {
    const error = invalid('token: Too small; name: Too long', 'token', 'name');
    expect(formErrors(error, ['name'])).toEqual({
      fields: { name: 'Too long' },
      whole: 'token: Too small',
    });
    expect(formErrors(new ApiError(409, { message: 'There is one.' }), ['name']).whole).toBe(
      'There is one.',
    );
    expect(formErrors(null, [])).toEqual({ fields: {}, whole: null });
  });
});
