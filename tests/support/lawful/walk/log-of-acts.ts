import { appendFileSync } from 'node:fs';

/** Every act in order, in the file that `SLUICE_WALK_LOG` names: with the seed, the same walk again. */
export class LogOfActs {
  readonly #file = process.env.SLUICE_WALK_LOG;
  #count = 0;

  write(line: object): void {
    this.#count++;
    if (this.#file) appendFileSync(this.#file, `${JSON.stringify({ n: this.#count, ...line })}\n`);
  }

  mismatch(what: object): void {
    if (this.#file) appendFileSync(this.#file, `${JSON.stringify({ n: this.#count, MISMATCH: what })}\n`);
  }
}
