/** An object with keys of its own: neither null nor a list. What its values are is not looked at. */
export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
