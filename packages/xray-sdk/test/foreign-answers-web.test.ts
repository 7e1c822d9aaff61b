import { vi } from 'vitest';

import { testForeignAnswers } from './foreign-answers.js';

/** The build for browsers and edge runtimes. */
vi.mock('#platform', () => import('../src/platform-web.js'));

testForeignAnswers();
