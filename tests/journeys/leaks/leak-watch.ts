import { CANARY } from './leak-material.js';

/** Searches everything that leaves the bus for canaries and keeps where one was found. */
export class LeakWatch {
  readonly leaks: string[] = [];
  inspected = 0;
  /** Values that no output may hold, and secrets that the bus has shown once. */
  readonly #secrets = [CANARY, '987654321', '1987-06-05'];

  addSecret(secret: string): void {
    this.#secrets.push(secret);
  }

  /** Strings are UTF-8 in all encodings, so a canary is visible in the bytes too. */
  inspect(where: string, what: string | Uint8Array): void {
    this.inspected++;
    const text = typeof what === 'string' ? what : Buffer.from(what).toString('latin1');
    for (const canary of this.#secrets) {
      const at = text.indexOf(canary);
      if (at >= 0) this.leaks.push(`${where}: …${text.slice(Math.max(0, at - 80), at + 60)}…`);
    }
  }
}
