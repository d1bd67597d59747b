import { SluiceError, toProblem } from '../../proto/errors.js';
import type { PublishResult, SourceEventInput } from '../../proto/frames.js';
import type { Intake } from '../intake/intake.js';
import type { SystemCaller } from '../parties/caller.js';

/** Results in the order of the values; what is not even an object does not reach intake. */
export function publishValues(intake: Intake, caller: SystemCaller, values: unknown[]): Promise<PublishResult>[] {
  const results = intake.publish(caller, values.filter(isEvent));
  return values.map((value) => (isEvent(value) ? results.shift()! : Promise.resolve(notAnEvent())));
}

export const isEvent = (value: unknown): value is SourceEventInput =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const notAnEvent = (): PublishResult => ({
  problem: toProblem(new SluiceError('EVENT_INVALID', 'an event is a JSON object')),
});
