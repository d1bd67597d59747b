import { type Problem, toProblem } from '../../../proto/errors.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import type { Intake } from '../../intake/intake.js';
import { OPEN_EVENTS_MAX } from '../../intake/intake-limits.js';
import type { SystemCaller } from '../../parties/caller.js';
import type { Lease } from '../../parties/leases.js';
import { untilAborted } from '../server/until-aborted.js';
import { parseLine } from './event-line.js';
import { eventBytesMax } from './event-size.js';
import { type InputLine, ndjsonLines } from './ndjson-lines.js';
import { OrderedResults } from './ordered-results.js';

export interface EventStream {
  intake: Intake;
  caller: SystemCaller;
  /** The right to publish: when it ends, nothing more is read, and the last line of the answer says why. */
  lease: Lease;
  body: AsyncIterable<Buffer>;
  maxEventBytes: number;
  /** Send only what was refused, and a summary at the end. */
  onlyProblems: boolean;
  /** Aborted when the broker drains: nothing more is read, what was read is answered. */
  ending: AbortSignal;
}

/** Reads events line by line and yields the answers as NDJSON, in order, while it reads on. */
export async function* publishStream(stream: EventStream): AsyncGenerator<string> {
  const answers = new OrderedResults<PublishResult[]>(OPEN_EVENTS_MAX);
  void feed(stream, answers);
  const summary = { accepted: 0, duplicates: 0, refused: 0 };
  for await (const results of answers.inOrder()) {
    let text = '';
    for (const result of results) {
      if (result.problem) summary.refused++;
      else if (result.duplicate) summary.duplicates++;
      else summary.accepted++;
      if (result.problem || !stream.onlyProblems) text += `${JSON.stringify(result)}\n`;
    }
    if (text !== '') yield text;
  }
  const { signal } = stream.lease;
  if (signal.aborted) yield `${JSON.stringify({ problem: toProblem(signal.reason) })}\n`;
  if (stream.onlyProblems) yield `${JSON.stringify(summary)}\n`;
}

async function feed(stream: EventStream, answers: OrderedResults<PublishResult[]>): Promise<void> {
  const { intake, lease, body, maxEventBytes, ending } = stream;
  const flow = {};
  try {
    for await (const lines of untilAborted(ndjsonLines(body, eventBytesMax(maxEventBytes)), lease.signal)) {
      await answers.add(publishLines(stream, lines, flow), lines.length);
      await intake.backpressure();
      if (ending.aborted) break;
    }
    answers.complete();
  } catch {
    // The request broke off: there is nobody left to answer.
    answers.complete();
  }
}

/** Lines that one chunk completed, read: what is not an event has a problem at the place of its number. */
interface ReadLines {
  events: unknown[];
  numbers: number[];
  problems: (Problem | undefined)[];
}

/** A line that holds no event takes its place among the answers and disturbs no other. */
function publishLines(
  { intake, caller, maxEventBytes }: EventStream,
  lines: InputLine[],
  flow: object,
): Promise<PublishResult[]> {
  const { events, ...places } = readLines(lines, maxEventBytes);
  return atTheirPlaces(intake.publish(caller, events, flow), places);
}

function readLines(lines: readonly InputLine[], maxEventBytes: number): ReadLines {
  const read: ReadLines = { events: [], numbers: [], problems: [] };
  for (const line of lines) {
    read.numbers.push(line.number);
    try {
      read.events.push(parseLine(line, maxEventBytes));
      read.problems.push(undefined);
    } catch (error) {
      read.problems.push(toProblem(error));
    }
  }
  return read;
}

/** It is not given the events: what it knows stays in memory until all of them are stored. */
async function atTheirPlaces(
  answers: Promise<PublishResult[]>,
  { numbers, problems }: Omit<ReadLines, 'events'>,
): Promise<PublishResult[]> {
  const results = await answers;
  let next = 0;
  return numbers.map((line, i) => {
    const problem = problems[i];
    return withLine(problem ? { problem } : results[next++]!, line);
  });
}

function withLine(result: PublishResult, line: number): PublishResult {
  return result.problem ? { ...result, line, problem: { ...result.problem, line } } : result;
}
