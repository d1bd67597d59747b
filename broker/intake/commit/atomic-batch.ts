import { type Problem, SluiceError } from '../../../proto/errors.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import { BATCH_MESSAGES_MAX } from '../../nats/write/publisher.js';
import type { ValidationResult } from '../validate/validate-event.js';
import { batchRefused } from './store-problem.js';

/** Of one atomic batch: it is held as a whole, here and in the server. */
const ATOMIC_BYTES_MAX = 16 * 1024 * 1024;

/** What is wrong with an atomic batch as a whole; undefined when each of its events may be judged by itself. */
export function refusalOfBatch(judged: readonly ValidationResult[]): Problem | undefined {
  const refuse = (message: string): Problem => new SluiceError('BATCH_REFUSED', message).toProblem();
  if (judged.length > BATCH_MESSAGES_MAX) return refuse(`an atomic batch has at most ${BATCH_MESSAGES_MAX} events`);
  const entries = new Set(judged.flatMap(({ entry }) => (entry ? [entry.version.id] : [])));
  if (entries.size > 1) return refuse('the events of an atomic batch are of one entry');
  const bytes = judged.reduce((sum, one) => sum + (one.accepted ? one.bytes.length : 0), 0);
  return bytes > ATOMIC_BYTES_MAX ? refuse(`an atomic batch has at most ${ATOMIC_BYTES_MAX} bytes`) : undefined;
}

/** The answer to one event of a batch that is refused: its own problem, else that of the batch, else that of another event. */
export function refusedInBatch(judged: ValidationResult, refusal: Problem | undefined): PublishResult {
  const { id } = judged;
  if (!judged.accepted) return { id, problem: judged.problem };
  return { id, problem: refusal ? { ...refusal, event: id } : batchRefused(id, judged.entry.version.id) };
}
