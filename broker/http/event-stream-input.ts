import { toProblem } from '../../proto/errors.js';
import type { PublishResult } from '../../proto/frames.js';
import type { Intake } from '../intake/intake.js';
import { OPEN_EVENTS_MAX } from '../intake/intake-limits.js';
import type { SystemCaller } from '../parties/caller.js';
import { parseJson } from './body-parsers.js';
import { eventTextBytesMax, lineTooLong } from './event-text.js';
import { type InputLine, ndjsonLines } from './ndjson-lines.js';
import { OrderedAnswers } from './ordered-answers.js';

export interface EventStream {
  intake: Intake;
  caller: SystemCaller;
  body: AsyncIterable<Buffer>;
  maxEventBytes: number;
  /** Send only what was refused, and a summary at the end. */
  onlyProblems: boolean;
  /** Aborted when the broker drains: nothing more is read, what was read is answered. */
  ending: AbortSignal;
}

/** Reads events line by line and yields the answers as NDJSON, in order, while it reads on. */
export async function* publishStream(stream: EventStream): AsyncGenerator<string> {
  const answers = new OrderedAnswers<PublishResult[]>(OPEN_EVENTS_MAX);
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
  if (stream.onlyProblems) yield `${JSON.stringify(summary)}\n`;
}

async function feed(stream: EventStream, answers: OrderedAnswers<PublishResult[]>): Promise<void> {
  const { intake, body, maxEventBytes, ending } = stream;
  try {
    for await (const lines of ndjsonLines(body, eventTextBytesMax(maxEventBytes))) {
      await answers.add(publishLines(stream, lines), lines.length);
      await intake.pressure();
      if (ending.aborted) break;
    }
    answers.complete();
  } catch {
    // The request broke off: there is nobody left to answer.
    answers.complete();
  }
}

/** A line that holds no event takes its place among the answers and disturbs no other. */
async function publishLines(stream: EventStream, lines: InputLine[]): Promise<PublishResult[]> {
  const { intake, caller, maxEventBytes } = stream;
  const events: unknown[] = [];
  const unreadable = new Map<InputLine, PublishResult>();
  for (const line of lines) {
    try {
      events.push(eventOf(line, maxEventBytes));
    } catch (error) {
      unreadable.set(line, { problem: toProblem(error) });
    }
  }
  const results = await intake.publish(caller, events);
  let next = 0;
  return lines.map((line) => withLine(unreadable.get(line) ?? results[next++]!, line.number));
}

function eventOf({ bytes, number }: InputLine, maxEventBytes: number): unknown {
  if (!bytes) throw lineTooLong(maxEventBytes, number);
  return parseJson(bytes);
}

function withLine(result: PublishResult, line: number): PublishResult {
  return result.problem ? { ...result, line, problem: { ...result.problem, line } } : result;
}
