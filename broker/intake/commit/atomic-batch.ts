import { type Problem, SluiceError } from '../../../proto/errors.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import { isMap } from '../../../proto/values/is-map.js';
import { BATCH_MESSAGES_MAX } from '../../nats/write/publisher.js';
import type { RawEvent } from '../validate/event-shape.js';
import type { ValidationResult } from '../validate/validate-event.js';
import { batchRefused } from './store-problem.js';

/** Byte cap of one atomic batch, which is held in memory as a whole, here and in the NATS server. */
const ATOMIC_BYTES_MAX = 16 * 1024 * 1024;

/** The events of an atomic batch. Throws TOO_LARGE or BATCH_REFUSED for what cannot be looked at event by event. */
export function eventsOfBatch(values: readonly unknown[]): readonly RawEvent[] {
  if (values.length > BATCH_MESSAGES_MAX) {
    throw new SluiceError('TOO_LARGE', `an atomic batch has at most ${BATCH_MESSAGES_MAX} events`);
  }
  const broken = values.findIndex((value) => !isMap(value));
  if (broken !== -1) throw new SluiceError('BATCH_REFUSED', 'an event must be an object', { line: broken + 1 });
  return values as readonly RawEvent[];
}

/** Why an atomic batch is refused as a whole; undefined when each of its events may be judged by itself. */
export function refusalOfBatch(judged: readonly ValidationResult[]): Problem | undefined {
  const refuse = (message: string): Problem => new SluiceError('BATCH_REFUSED', message).toProblem();
  const entries = new Set(judged.flatMap(({ entry }) => (entry ? [entry.version.id] : [])));
  if (entries.size > 1) return refuse('the events of an atomic batch are of one entry');
  const bytes = judged.reduce((sum, one) => sum + (one.accepted ? one.bytes.length : 0), 0);
  return bytes > ATOMIC_BYTES_MAX ? refuse(`an atomic batch has at most ${ATOMIC_BYTES_MAX} bytes`) : undefined;
}

/** The answer to one event of a refused batch: its own problem, else that of the batch, else that another event has one. */
export function refusedInBatch(judged: ValidationResult, refusal: Problem | undefined): PublishResult {
  const { id } = judged;
  if (!judged.accepted) return { id, problem: judged.problem };
  return { id, problem: refusal ? { ...refusal, event: id } : batchRefused(id, judged.entry.version.id) };
}
