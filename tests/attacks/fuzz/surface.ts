import type fc from 'fast-check';
import { type PipelinedAnswer, type PipelinedRequest, RawPipeline } from '../../support/raw-client/raw-pipeline.js';
import type { CpuWait } from './cpu-wait.js';
import { FuzzSessions } from './fuzz-sessions.js';

/** Few connections for many requests: faults that need two inputs at a time show, and the broker is never idle. */
const CONNECTIONS = 16;

/** One kind of input with how it is sent. */
export interface Surface {
  name: string;
  /** Share of the inputs of a long run. */
  share: number;
  input: fc.Arbitrary<unknown>;
  /**
   * Resolves with the number of inputs that the broker has judged: the events of a body, the frames that a session took. Rejects
   * when an answer is one that a broker must not give.
   */
  send(target: FuzzTarget, input: unknown): Promise<number>;
}

/** The broker that is attacked, with connections that are kept open. */
export class FuzzTarget {
  readonly sessions: FuzzSessions;
  readonly #pipelines: RawPipeline[];
  #turn = 0;

  constructor(
    readonly url: string,
    readonly operatorToken: string,
    private readonly cpuWait: CpuWait,
  ) {
    this.#pipelines = Array.from({ length: CONNECTIONS }, () => new RawPipeline(url));
    this.sessions = new FuzzSessions(url);
  }

  /**
   * Rejects for a status of 5xx, since the store is healthy in every run, and for a refusal without a problem document. Fuzzed events
   * fill the quarantine of their source, which then has the documented answer.
   */
  async call(request: PipelinedRequest): Promise<PipelinedAnswer> {
    const answer = await this.#pipelines[this.#turn++ % CONNECTIONS]!.call(request);
    const { status, text } = answer;
    const isRight = text.includes('quotas.quarantineEvents') || (isStale(text) && this.cpuWait.isStarved());
    const isFailure = status >= 500 && !isRight;
    const isUnexplained = status >= 400 && request.method !== 'HEAD' && !/^\{.*"code":/s.test(text);
    if (isFailure || isUnexplained) throw new Error(`${shown(request)} was answered ${status} ${text.slice(0, 300)}`);
    return answer;
  }

  async close(): Promise<void> {
    for (const pipeline of this.#pipelines) pipeline.close();
    await this.sessions.close();
  }
}

const isStale = (text: string): boolean => text.includes('"code":"LEDGER_OUT_OF_SIGHT"');

const shown = ({ method, path, contentType, body }: PipelinedRequest): string =>
  `${method} ${path} with ${contentType ?? 'JSON'} ${body === undefined ? '' : Buffer.from(body as string).toString('utf8', 0, 2_000)}`;

export const json = (value: unknown): string => JSON.stringify(value) ?? 'null';
