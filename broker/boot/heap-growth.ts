import { setFlagsFromString } from 'node:v8';

/** A collection starts when the heap has grown by this share of its live size. */
const GROWTH_PERCENT = 40;

/**
 * Keeps the heap near its live size. On a machine with much memory V8 would let it grow to three times that before it
 * collects, most of it objects that live for a second, until they are acknowledged. Decision: docs/decisions/0018.
 */
export function limitHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
