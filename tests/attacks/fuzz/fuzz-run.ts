import fc from 'fast-check';
import type { FuzzTarget, Surface } from './surface.js';

/** Inputs that are generated at one time, each for many requests, and of them those that are sent at the same time. */
const CHUNK = 32;
const LANES = 32;
const SHRINK_MS_MAX = 60_000;

/**
 * Sends inputs to a surface until the count or the time is reached. Resolves with the count; rejects with the input that was
 * answered wrongly, made as small as it fails alone.
 */
export async function fuzz(
  target: FuzzTarget,
  surface: Surface,
  { inputs, seed, timeLimitMs }: { inputs: number; seed: number; timeLimitMs: number },
): Promise<number> {
  const endMs = performance.now() + timeLimitMs;
  let sent = 0;
  for (let chunk = seed; sent < inputs && performance.now() < endMs; chunk++) {
    sent += await sendChunk(target, surface, chunk, inputs - sent);
  }
  return sent;
}

async function sendChunk(target: FuzzTarget, surface: Surface, seed: number, inputsMax: number): Promise<number> {
  const inputs = fc.sample(surface.input, { seed, numRuns: CHUNK });
  let sent = 0;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < inputs.length && sent < inputsMax) {
      const input = inputs[next++];
      try {
        const count = await surface.send(target, input);
        sent += count;
      } catch (error) {
        next = inputs.length;
        throw new Error(`${surface.name}, seed ${seed}: ${String(error)}`, { cause: error });
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: LANES }, lane));
    return sent;
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${await smallest(target, surface, seed)}`, { cause: error });
  }
}

/** The same inputs one after another: the property shrinks the first that fails without any beside it. */
async function smallest(target: FuzzTarget, surface: Surface, seed: number): Promise<string> {
  const property = fc.asyncProperty(surface.input, async (input) => void (await surface.send(target, input)));
  const settings = { seed, numRuns: CHUNK, interruptAfterTimeLimit: SHRINK_MS_MAX };
  const { failed, errorInstance } = await fc.check(property, settings);
  return failed && errorInstance ? `smallest alone: ${String(errorInstance)}` : 'no input of these fails alone';
}
