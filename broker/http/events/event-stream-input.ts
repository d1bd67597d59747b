import { sharedTurn, type TurnShare } from '../../../proto/async/shared-turns.js';
import { ERROR_KINDS, type Problem, problemDocument, toProblem } from '../../../proto/errors.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import type { Intake } from '../../intake/intake.js';
import { OPEN_EVENTS_MAX } from '../../intake/intake-limits.js';
import { type SystemCaller, turnShareOf } from '../../parties/caller.js';
import type { Lease } from '../../parties/leases/leases.js';
import { untilAborted } from '../server/until-aborted.js';
import { noRoomForLine, parseLine } from './event-line.js';
import { eventBytesMax } from './event-size.js';
import { type InputLine, LineCutter, ndjsonLines } from './ndjson-lines.js';
import { OrderedResults, UnreadResults } from './ordered-results.js';
import { unfinishedLines } from './unfinished-lines.js';

export interface EventStream {
  intake: Intake;
  caller: SystemCaller;
  /** The right to publish: when it ends, nothing more is read, and the last line of the answer says why. */
  lease: Lease;
  body: AsyncIterable<Buffer>;
  maxEventBytes: number;
  /** Send only refusals, and a summary at the end. */
  onlyProblems: boolean;
  /** Aborted when the broker drains: nothing more is read, what was read is answered. */
  ending: AbortSignal;
}

/** Lines handled in one turn of the event loop: some milliseconds. */
const LINES_PER_TURN = 100;
/** Refused lines in a row that end a stream: its sender does not look at the answers, or sends something else. */
export const REFUSED_IN_A_ROW_MAX = 1_000;
/**
 * Read and dropped behind the end of a stream. Leaving the loop destroys the connection, and with it results that the client has not
 * read yet; a client that has sent all of its lines can use the connection again.
 */
const DISCARDED_BYTES_MAX = 8 * 1024 * 1024;
/** Results that are ready and not read; a result of the usual size has 60 bytes, a refusal 300. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** The same for all uploads of the process, and lines that are in flight or whose results are not read. */
const unreadResults = new UnreadResults(16 * 1024 * 1024, 6 * OPEN_EVENTS_MAX);

/** Results of some lines as they are sent, and what they add to the summary. */
interface Part extends Summary {
  text: string;
  bytes: number;
}

interface Summary {
  accepted: number;
  duplicates: number;
  refused: number;
}

/** Reads events line by line and yields the results as NDJSON, in order, while it reads on. */
export async function* publishStream(stream: EventStream): AsyncGenerator<string> {
  const results = new OrderedResults<Part>(OPEN_EVENTS_MAX, UNREAD_BYTES_MAX, unreadResults);
  void feed(stream, results);
  const summary: Summary = { accepted: 0, duplicates: 0, refused: 0 };
  for await (const part of results.inOrder()) {
    summary.accepted += part.accepted;
    summary.duplicates += part.duplicates;
    summary.refused += part.refused;
    if (part.text !== '') yield part.text;
  }
  const { signal } = stream.lease;
  if (signal.aborted) yield `${JSON.stringify({ problem: toProblem(signal.reason) })}\n`;
  if (stream.onlyProblems) yield `${JSON.stringify(summary)}\n`;
}

async function feed(stream: EventStream, results: OrderedResults<Part>): Promise<void> {
  const { intake, lease, body, maxEventBytes, ending } = stream;
  const share = turnShareOf(stream.caller);
  const lines = new LinePublisher(stream, results, share);
  const cutter = new LineCutter(eventBytesMax(maxEventBytes), unfinishedLines);
  let unread = DISCARDED_BYTES_MAX;
  const countUnread = (chunk: Buffer): void => {
    if (lines.isOver) unread -= chunk.length;
  };
  try {
    for await (const read of untilAborted(ndjsonLines(each(body, countUnread), cutter, share), lease.signal)) {
      for (let next = 0; next < read.length && !lines.isOver; ) {
        await capacityOf(intake, share);
        if (lease.signal.aborted || results.isAbandoned) break;
        next += await lines.publish(read, next);
      }
      if (lines.isOver) results.complete();
      if (ending.aborted || unread < 0 || results.isAbandoned) break;
    }
  } catch {
    // The request broke off: there is nobody left to answer.
  }
  cutter.release();
  results.complete();
}

/** Asked anew after each turn: where 500 uploads wait, the first of them to go on fill the backlog again. */
async function capacityOf(intake: Intake, share: TurnShare): Promise<void> {
  for (let drained = intake.backpressure(); drained; drained = intake.backpressure()) {
    await drained;
    await sharedTurn(share);
  }
}

async function* each<T>(items: AsyncIterable<T>, seen: (item: T) => void): AsyncGenerator<T> {
  for await (const item of items) {
    seen(item);
    yield item;
  }
}

/** Publishes the lines of one stream a few at a time; too many refused in a row end it, and one that lost its room. See docs/decisions/0056. */
class LinePublisher {
  /** Set by the last result: no more lines are published. */
  isOver = false;
  readonly #flow = {};
  #refusedInARow = 0;
  /** Resolves when the results of everything published so far are counted, in their order. */
  #counted: Promise<void> = Promise.resolve();

  constructor(
    private readonly stream: EventStream,
    private readonly results: OrderedResults<Part>,
    private readonly share: TurnShare,
  ) {}

  /** Publishes some lines from an index on and returns how many; the results of refused ones are known by the next call. */
  async publish(lines: readonly InputLine[], from: number): Promise<number> {
    const left = REFUSED_IN_A_ROW_MAX - this.#refusedInARow;
    const { number, flaw } = lines[from]!;
    if (left <= 0 || flaw === 'no room') {
      await this.#end(flaw === 'no room' ? toProblem(noRoomForLine(number)) : tooManyRefused(number), number);
      return 0;
    }
    let part = lines.slice(from, from + Math.min(LINES_PER_TURN, left));
    // Always the last line of a stream.
    if (part.at(-1)?.flaw === 'no room') part = part.slice(0, -1);
    const results = this.#resultsOf(part);
    this.#counted = this.#counted.then(async () => this.#count(await results));
    const { onlyProblems } = this.stream;
    await this.results.add(
      results.then((known) => partOf(known, onlyProblems)),
      part.length,
    );
    await sharedTurn(this.share);
    return part.length;
  }

  async #end(problem: Problem, line: number): Promise<void> {
    this.isOver = true;
    this.stream.intake.refusedBefore(problem.code);
    await this.results.add(Promise.resolve(partOf([withLine({ problem }, line)], this.stream.onlyProblems)), 1);
  }

  #resultsOf(lines: readonly InputLine[]): Promise<PublishResult[]> {
    const { intake, caller, maxEventBytes } = this.stream;
    const { events, ...refusals } = readLines(lines, maxEventBytes);
    for (const problem of refusals.problems) if (problem) intake.refusedBefore(problem.code);
    return resultsInOrder(intake.publish(caller, events, this.#flow), refusals);
  }

  #count(results: readonly PublishResult[]): void {
    for (const { problem } of results) this.#refusedInARow = isRefusal(problem) ? this.#refusedInARow + 1 : 0;
  }
}

const tooManyRefused = (line: number): Problem =>
  problemDocument(
    'TOO_LARGE',
    `${REFUSED_IN_A_ROW_MAX} lines in a row were refused: the stream ends before line ${line}`,
    { line },
  );

/** A failure for the moment says nothing about the line. */
const isRefusal = (problem: Problem | undefined): boolean =>
  problem !== undefined && !ERROR_KINDS[problem.code].retryable;

function partOf(results: readonly PublishResult[], onlyProblems: boolean): Part {
  const part: Part = { text: '', bytes: 0, accepted: 0, duplicates: 0, refused: 0 };
  for (const result of results) {
    if (result.problem) part.refused++;
    else if (result.duplicate) part.duplicates++;
    else part.accepted++;
    if (result.problem || !onlyProblems) part.text += lineOf(result);
  }
  part.bytes = part.text.length;
  return part;
}

/** Nothing in it is escaped in JSON. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Nearly all are of stored events; for them JSON.stringify would take several times as long. */
function lineOf(result: PublishResult): string {
  const { id, position, duplicate, problem } = result;
  const isPlain = !problem && !duplicate && id !== undefined && PLAIN.test(id);
  return isPlain ? `{"id":"${id}","position":${position}}\n` : `${JSON.stringify(result)}\n`;
}

/** Lines read as events; a line that is no JSON has a problem in its place. */
interface ReadLines {
  events: unknown[];
  numbers: number[];
  problems: (Problem | undefined)[];
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

/** Does not get the events: its arguments stay in memory until all of them are stored. */
async function resultsInOrder(
  pending: Promise<PublishResult[]>,
  { numbers, problems }: Omit<ReadLines, 'events'>,
): Promise<PublishResult[]> {
  const results = await pending;
  let next = 0;
  return numbers.map((line, i) => {
    const problem = problems[i];
    return withLine(problem ? { problem } : results[next++]!, line);
  });
}

function withLine(result: PublishResult, line: number): PublishResult {
  return result.problem ? { ...result, line, problem: { ...result.problem, line } } : result;
}
