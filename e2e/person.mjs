/** Settings of a first start with this administrator, so that the set-up page is not needed. */
export const ADMINISTRATOR = { email: 'ada@example.org', password: 'correct horse battery staple' };
export const WITH_ADMINISTRATOR = {
  XRAY_INIT_USER_EMAIL: ADMINISTRATOR.email,
  XRAY_INIT_USER_PASSWORD: ADMINISTRATOR.password,
};

/**
 * Signs in as a person does, on the page to which signed-out people are redirected.
 *
 * @param {import('playwright-core').Page} page
 * @param {{ url: string }} server
 * @param {{ email: string, password: string }} [person]
 */
export async function signIn(page, server, person = ADMINISTRATOR) {
  await page.goto(`${server.url}/sign-in`);
  const form = page.getByRole('form', { name: 'Sign in' });
  await form.getByLabel('Email').fill(person.email);
  await form.getByLabel('Password').fill(person.password);
  await form.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: /^Account: / }).waitFor();
}
