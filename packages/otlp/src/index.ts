export { messages } from './descriptor.js';
