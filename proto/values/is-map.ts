import { ExactNumber } from './exact-number.js';

/** An object with keys of its own: neither null, nor a list, nor a number. Its values are not looked at. */
export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
