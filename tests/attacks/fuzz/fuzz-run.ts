import { SeededRandom } from '../../support/seeded-random.js';
import type { FuzzTarget, Sending, Surface } from './surface.js';

/** Sendings that are dealt from what was made for one seed. */
const SENDINGS_PER_SEED = 512;

export interface FuzzRun {
  inputs: number;
  seed: number;
  timeLimitMs: number;
}

/**
 * Sends inputs to a surface until the count or the time is reached. Resolves with the count; rejects with the seed, the number of the
 * sending and its first input that is answered wrongly alone.
 */
export async function fuzz(
  target: FuzzTarget,
  surface: Surface,
  { inputs, seed, timeLimitMs }: FuzzRun,
): Promise<number> {
  const endMs = performance.now() + timeLimitMs;
  let sent = 0;
  for (let next = seed; sent < inputs && performance.now() < endMs; next++) {
    sent += await sendDealt(target, surface, {
      inputs: inputs - sent,
      seed: next,
      timeLimitMs: endMs - performance.now(),
    });
  }
  return sent;
}

async function sendDealt(
  target: FuzzTarget,
  surface: Surface,
  { inputs, seed, timeLimitMs }: FuzzRun,
): Promise<number> {
  const deal = surface.dealer(seed);
  const endMs = performance.now() + timeLimitMs;
  let sent = 0;
  let dealt = 0;
  let hasFailed = false;
  const run = async (lane: FuzzTarget['lanes'][number]): Promise<void> => {
    for (let number = lane.number; number < SENDINGS_PER_SEED; number += target.lanes.length) {
      if (hasFailed || dealt >= inputs || performance.now() >= endMs) return;
      const sending = deal(lane, new SeededRandom(seed * SENDINGS_PER_SEED + number));
      dealt += sending.inputs.length;
      try {
        const judged = await sending.send(sending.inputs);
        sent += judged;
      } catch (error) {
        hasFailed = true;
        const why = `${surface.name}, seed ${seed}, sending ${number}: ${String(error)}`;
        throw new Error(`${why}\n${await firstAlone(sending)}`, { cause: error });
      }
    }
  };
  await Promise.all(target.lanes.map(run));
  return sent;
}

async function firstAlone({ inputs, send }: Sending): Promise<string> {
  for (const [index, input] of inputs.entries()) {
    try {
      await send([input]);
    } catch (error) {
      return `input ${index} of ${inputs.length} fails alone: ${String(error)}`;
    }
  }
  return `none of its ${inputs.length} inputs fails alone`;
}
