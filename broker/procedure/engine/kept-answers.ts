import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Fields } from '../files/file.js';
import type { FileReader, KeptAnswer } from '../files/file-reader.js';
import { refuseOne } from './refusals.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

interface Given {
  body: Fields;
  isNew: boolean;
}

/**
 * Answers of acts that were done, for a request that comes again with its idempotency key. They stand on the ledger with
 * the act, so that every broker gives them; encrypted, because an answer may hold a token that is shown once.
 */
export class KeptAnswers {
  readonly #key: Buffer;
  readonly #names: Buffer;

  constructor(
    private readonly reader: FileReader,
    secret: string,
  ) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'sluice/kept-answers', KEY_BYTES));
    this.#names = Buffer.from(hkdfSync('sha256', secret, '', 'sluice/idempotency-keys', KEY_BYTES));
  }

  /** The answer given before. Throws KEY_REUSED when the key stands for another request. */
  async find(actor: string, { key, request }: { key: string; request: string }): Promise<Given | undefined> {
    const kept = await this.reader.keptAnswer(this.#nameOf(actor, key));
    if (!kept) return undefined;
    if (kept.request !== request) throw refuseOne('KEY_REUSED', 'the idempotency key stands for another request');
    return this.#open(kept);
  }

  keep(actor: string, { key, request }: { key: string; request: string }, { body, isNew }: Given) {
    return { key: this.#nameOf(actor, key), request, answer: this.#seal({ body, isNew }) };
  }

  /** A key is the caller's own word, so only its digest stands on the ledger. */
  #nameOf(actor: string, key: string): string {
    return createHmac('sha256', this.#names).update(`${actor}\n${key}`, 'utf8').digest('hex');
  }

  #seal(given: Given): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    const text = Buffer.concat([cipher.update(JSON.stringify(given), 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
  }

  #open({ answer }: KeptAnswer): Given {
    const bytes = Buffer.from(answer, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    return JSON.parse(text.toString('utf8')) as Given;
  }
}
