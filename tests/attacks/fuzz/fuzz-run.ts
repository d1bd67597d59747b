import fc from 'fast-check';
import type { AttackedBus } from './attacked-bus.js';
import type { Surface } from './surfaces.js';

/** Inputs that are sent at the same time: faults that need two of them show, and the broker is never idle. */
const LANES = 4;

/** Sends inputs to a surface until the count or the time is reached; rejects with the smallest one that fails. Resolves with the count. */
export async function fuzz(
  { broker }: AttackedBus,
  { name, input, send }: Surface,
  { inputs, seed, timeLimitMs }: { inputs: number; seed: number; timeLimitMs: number },
): Promise<number> {
  let sent = 0;
  const lane = async (number: number): Promise<void> => {
    const property = fc.asyncProperty(input, async (one) => {
      sent++;
      await send(broker.url, broker.operatorToken, one);
    });
    const settings = { seed: seed + number, numRuns: Math.ceil(inputs / LANES), interruptAfterTimeLimit: timeLimitMs };
    const outcome = await fc.check(property, settings);
    if (outcome.failed && outcome.counterexample !== null) {
      const shown = JSON.stringify(outcome.counterexample)?.slice(0, 2_000);
      throw new Error(`${name}, seed ${seed}: ${String(outcome.errorInstance)}\ninput: ${shown}`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  return sent;
}
