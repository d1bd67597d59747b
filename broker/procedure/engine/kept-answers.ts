import { createHmac } from 'node:crypto';
import type { Fields } from '../files/file.js';
import type { FileReader } from '../files/file-reader.js';
import { refuseOne } from './refusals.js';
import { derivedKey, Sealed } from './sealed.js';

interface Given {
  body: Fields;
  isNew: boolean;
}

/**
 * Answers of acts that were done, for a request that comes again with its idempotency key. They stand on the ledger with
 * the act, so that every broker gives them; encrypted, because an answer may hold a token that is shown once.
 */
export class KeptAnswers {
  readonly #answers: Sealed<Given>;
  readonly #names: Buffer;

  constructor(
    private readonly reader: FileReader,
    secret: string,
  ) {
    this.#answers = new Sealed(secret, 'sluice/kept-answers');
    this.#names = derivedKey(secret, 'sluice/idempotency-keys');
  }

  /** The answer given before. Throws KEY_REUSED when the key stands for another request. */
  async find(actor: string, { key, request }: { key: string; request: string }): Promise<Given | undefined> {
    const kept = await this.reader.keptAnswer(this.#nameOf(actor, key));
    if (!kept) return undefined;
    if (kept.request !== request) throw refuseOne('KEY_REUSED', 'the idempotency key stands for another request');
    return this.#answers.open(kept.answer);
  }

  keep(actor: string, { key, request }: { key: string; request: string }, { body, isNew }: Given) {
    return { key: this.#nameOf(actor, key), request, answer: this.#answers.seal({ body, isNew }) };
  }

  /** A key is the caller's own word, so only its digest stands on the ledger. */
  #nameOf(actor: string, key: string): string {
    return createHmac('sha256', this.#names).update(`${actor}\n${key}`, 'utf8').digest('hex');
  }
}
