/** Value of a key that a file or a request names; what every object inherits, such as `constructor`, is no value. */
export const ownValue = <Value>(map: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined =>
  map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;

/** Sets a key that a file or a request names; an assignment to `__proto__` would change the object itself. */
export function setOwnValue<Value>(map: Record<string, Value>, key: string, value: Value): void {
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}
