import type { LedgerRecord } from '../../ledger/record.js';
import type { WebhookRules } from '../engine/machine.js';
import { Sealed } from '../engine/sealed.js';
import type { FileState, RecordedStep } from '../files/file.js';
import type { FileReader } from '../files/file-reader.js';
import { noticeId } from '../projection/notice-writer.js';
import { outsideOr, urlProblem } from './outside-address.js';

/** Where the notices of a party go, and what they are signed with. */
export interface WebhookTarget {
  url: string;
  secret: string;
}

/** As it stands on the ledger, in the memo of the party's file. */
interface KeptWebhook {
  /** Address and secret, which the ledger shows nobody. */
  sealed: string;
  /** Record behind which notices are sent. */
  after: number;
}

export interface Webhook extends WebhookTarget {
  /** Id behind which notices are sent. */
  after: string;
}

const PARTIES_PAGE = 1_000;
/** More than the notices of any record. */
const ORDINAL_MAX = 999_999;

/** The webhooks of all parties, by party. */
export class Webhooks implements WebhookRules {
  readonly mayReach: (address: string) => boolean;
  readonly #sealed: Sealed<WebhookTarget>;
  readonly #byParty = new Map<string, Webhook>();

  constructor(secret: string, webhookAllow: readonly string[]) {
    this.#sealed = new Sealed(secret, 'sluice/webhooks');
    this.mayReach = outsideOr(webhookAllow);
  }

  urlProblem(url: string): string | undefined {
    return urlProblem(url, this.mayReach);
  }

  /** The first webhook of a party begins behind `head`; a later one goes on where that has come to. */
  keep(memo: FileState['memo'], target: WebhookTarget, head: number): KeptWebhook {
    const { after = head } = (memo.webhook as KeptWebhook | undefined) ?? {};
    return { sealed: this.#sealed.seal(target), after };
  }

  get parties(): Iterable<string> {
    return this.#byParty.keys();
  }

  get size(): number {
    return this.#byParty.size;
  }

  of(party: string): Webhook | undefined {
    return this.#byParty.get(party);
  }

  /** Reads what stands on the ledger already; later records come by `fold`. */
  async load(files: Pick<FileReader, 'list'>): Promise<void> {
    for (let after: number | undefined; ; ) {
      const query = { kind: 'parties' as const, limit: PARTIES_PAGE, ...(after !== undefined && { after }) };
      const { files: page, next } = await files.list(query);
      for (const { id, memo } of page) if (!this.#byParty.has(id)) this.#take(id, memo);
      if (next === undefined) return;
      after = next;
    }
  }

  readonly fold = ({ kind, id, step }: LedgerRecord): void => {
    const { state } = (step as RecordedStep | undefined) ?? {};
    if (kind === 'party' && state) this.#take(id, state.memo);
  };

  #take(party: string, memo: FileState['memo']): void {
    const { sealed, after } = (memo.webhook as KeptWebhook | undefined) ?? {};
    if (sealed !== undefined && after !== undefined)
      this.#byParty.set(party, { ...this.#sealed.open(sealed), after: noticeId(after, ORDINAL_MAX) });
  }
}
