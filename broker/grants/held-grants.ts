import type { EntryVersion } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';

/** More are not of use to anybody: the first shows what is wrong, and a party may hold thousands of grants on one entry. */
const WARNINGS_MAX = 200;

/** Grants of one party on one entry, those with a hashed identifier apart from those with a plain one. */
export class HeldGrants {
  readonly #hashed: GrantDocument[] = [];
  readonly #plain: GrantDocument[] = [];
  readonly #identifier: string | undefined;

  constructor({ items }: EntryVersion, held: Iterable<GrantDocument>) {
    this.#identifier = items.find((item) => item.identifier)?.name;
    for (const grant of held) this.add(grant);
  }

  add(grant: GrantDocument): void {
    (this.#isHashed(grant) ? this.#hashed : this.#plain).push(grant);
  }

  /**
   * Warns that the party would hold the same records once with a hashed and once with a plain key: the positions of the
   * events link the two. At most 200 warnings.
   */
  linkageWarnings(document: GrantDocument): string[] {
    const linkable = this.#isHashed(document) ? this.#plain : this.#hashed;
    const others = linkable.slice(0, WARNINGS_MAX).filter((other) => other.id !== document.id);
    return others.map((other) => {
      const [first, second] = [document.id, other.id].sort();
      return `grants ${first} and ${second}: party ${document.party} holds the same records hashed and plain`;
    });
  }

  #isHashed({ items }: GrantDocument): boolean {
    return items.some((item) => item.name === this.#identifier && item.transform === 'hash');
  }
}
