/** A test keeps this equal to package.json. */
export const VERSION = '0.1.0';
