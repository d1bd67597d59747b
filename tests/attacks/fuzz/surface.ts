import { ERROR_KINDS, type ErrorCode } from '../../../proto/errors.js';
import { type PipelinedAnswer, type PipelinedRequest, RawPipeline } from '../../support/raw-client/raw-pipeline.js';
import type { SeededRandom } from '../../support/seeded-random.js';
import type { CpuWait } from './cpu-wait.js';
import { FuzzSessions } from './fuzz-sessions.js';

/** Inputs that are sent together, and how. */
export interface Sending<Input = unknown> {
  inputs: readonly Input[];
  /**
   * Resolves with the number of inputs that the broker has judged: the events of a body, the frames that a session took. Rejects
   * when an answer is one that a broker must not give.
   */
  send(inputs: readonly Input[]): Promise<number>;
}

/** One kind of input with how it is sent. */
export interface Surface {
  name: string;
  /** Share of the inputs of a long run. */
  share: number;
  /** Makes what many sendings are dealt from; the same for the same seed. */
  dealer(seed: number): (lane: Lane, random: SeededRandom) => Sending;
}

/** Each keeps its order, so faults that need two inputs at a time show, and positions of a source still ascend. */
export const LANES = 32;

export const sourceToken = (lane: number): string => `token-of-the-fuzzed-source-${String(lane).padStart(2, '0')}`;

/** The connections and sessions of one source, whose requests follow one another. */
export class Lane {
  readonly token: string;
  readonly sessions: FuzzSessions;
  readonly #pipeline: RawPipeline;
  #events = 0;

  constructor(
    readonly target: FuzzTarget,
    readonly number: number,
  ) {
    this.token = sourceToken(number);
    this.#pipeline = new RawPipeline(target.url);
    this.sessions = new FuzzSessions(target, this.token);
  }

  /** Makes the events of a run differ, and ascends. */
  nextEvent(): number {
    return ++this.#events;
  }

  /** Rejects for an answer that a broker must not give, among them a refusal without a problem document. */
  async call(request: PipelinedRequest): Promise<PipelinedAnswer> {
    const answer = await this.#pipeline.call(request);
    const { status, text } = answer;
    const isUnexplained = status >= 400 && !/^\{.*"code":/s.test(text);
    const wrong = isUnexplained ? `status ${status}` : this.target.count(text);
    const isFailure = status >= 500 && !ALLOWED_FAILURE.test(text);
    if (wrong === undefined && !isFailure) return answer;
    const at = Math.max(0, text.indexOf(`"code":"${wrong}"`) - CONTEXT_CHARACTERS);
    throw new Error(`${status} ${text.slice(at, at + 2 * CONTEXT_CHARACTERS)} was the answer to ${shown(request)}`);
  }

  async close(): Promise<void> {
    this.#pipeline.close();
    await this.sessions.close();
  }
}

/** A request that is refused because too many are at work was not judged. */
export const inputsOf = ({ status }: PipelinedAnswer): number => (status === 429 ? 0 : 1);

/** Fuzzed events fill the quarantine of their source, which has the documented answer. */
const ALLOWED_FAILURE = /"code":"(?:STORE_FULL|LEDGER_OUT_OF_SIGHT)"/;
/** Length of the text on each side of the wrong code that is shown of an answer with hundreds of results. */
const CONTEXT_CHARACTERS = 300;
const CODE = /"code":"([A-Z_]+)"/g;

/** The broker that is attacked, with connections that are kept open. */
export class FuzzTarget {
  readonly lanes: readonly Lane[];
  /** How often each code was answered. */
  readonly answered: Record<string, number> = {};

  constructor(
    readonly url: string,
    readonly operatorToken: string,
    private readonly cpuWait: CpuWait,
  ) {
    this.lanes = Array.from({ length: LANES }, (_none, i) => new Lane(this, i));
  }

  /**
   * Counts the codes in an answer. Returns one that must not be there: a failure of the broker's side, since the store is healthy in
   * every run, but for a full quarantine, and for a stale ledger where others have the CPU.
   */
  count(text: string): string | undefined {
    let wrong: string | undefined;
    for (const [, code = ''] of text.matchAll(CODE)) {
      this.answered[code] = (this.answered[code] ?? 0) + 1;
      if (ERROR_KINDS[code as ErrorCode]?.status < 500) continue;
      if (code === 'STORE_FULL' && text.includes('quotas.quarantineEvents')) continue;
      if (code === 'LEDGER_OUT_OF_SIGHT' && this.cpuWait.isStarved()) continue;
      wrong = code;
    }
    return wrong;
  }

  async close(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.close()));
  }
}

const shown = ({ method, path, contentType, body }: PipelinedRequest): string =>
  `${method} ${path} with ${contentType ?? 'JSON'} ${body === undefined ? '' : Buffer.from(body as string).toString('utf8', 0, 2_000)}`;
