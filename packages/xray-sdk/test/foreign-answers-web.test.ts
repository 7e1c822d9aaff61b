import { vi } from 'vitest';

import { testForeignAnswers } from './foreign-answers.js';

/** The build that browsers and edge runtimes get. */
vi.mock('#platform', () => import('../src/platform-web.js'));

testForeignAnswers();
