/** Where a member of a map or an element of a list stands in a text. */
interface Member {
  /** With the comma before it; undefined for an element of a list. */
  key: [from: number, to: number] | undefined;
  from: number;
  value: [from: number, to: number];
}

/** A piece of the text and what is put in its place. */
interface Edit {
  from: number;
  to: number;
  put: string;
  /** A key that is put in. */
  key?: string;
}

export interface Change {
  /** Picks a member of the seed, whichever number of them it has. */
  member: number;
  how: 'replace' | 'remove' | 'rename' | 'repeat' | 'add' | 'double';
  /** JSON, or what a parser must refuse. */
  put: string;
  /** How often a value is repeated. */
  times: number;
}

/** Members of a longer value would multiply. */
const REPEATED_CHARACTERS_MAX = 200;

/**
 * A document as JSON that knows where its members are, so that a changed copy is made of slices. To change an object and write it down
 * costs a fuzzer more than the broker spends on the result, and gives no text that is not JSON.
 */
export class SeedText {
  readonly #text: string;
  readonly #members: readonly Member[];

  constructor(document: unknown) {
    const writer = new SeedWriter();
    writer.write(document);
    this.#text = writer.text;
    this.#members = writer.members;
  }

  get text(): string {
    return this.#text;
  }

  /** A change within or beside another one is left out, and a second key of the same name. */
  changed(changes: readonly Change[]): string {
    if (changes.length === 0 || this.#members.length === 0) return this.#text;
    const edits = changes.map((change) => this.#edit(change)).sort((a, b) => a.from - b.from);
    const keys = new Set<string>();
    let result = '';
    let at = 0;
    for (const { from, to, put, key } of edits) {
      if (from <= at || (key !== undefined && keys.has(key))) continue;
      if (key !== undefined) keys.add(key);
      result += this.#text.slice(at, from) + put;
      at = to;
    }
    return result + this.#text.slice(at);
  }

  #edit({ member: number, how, put, times }: Change): Edit {
    const { key, from, value } = this.#members[number % this.#members.length]!;
    const [valueFrom, valueTo] = value;
    const before = this.#text.slice(valueFrom, valueTo);
    switch (how) {
      case 'remove':
        return { from, to: from === valueFrom || this.#text[from] !== ',' ? this.#behind(valueTo) : valueTo, put: '' };
      case 'rename':
        if (key) return { from: key[0], to: key[1], put: keyOf(put), key: keyOf(put) };
        break;
      case 'repeat': {
        const count = before.length < REPEATED_CHARACTERS_MAX ? times : 2;
        return { from: valueFrom, to: valueTo, put: `[${Array(count).fill(before).join(',')}]` };
      }
      case 'add':
        if (key) return { from: valueTo, to: valueTo, put: `,${keyOf(put)}:${put}`, key: keyOf(put) };
        return { from: valueTo, to: valueTo, put: `,${put}` };
      case 'double':
        return { from: valueTo, to: valueTo, put: key ? `,${this.#text.slice(...key)}:${before}` : `,${before}` };
    }
    return { from: valueFrom, to: valueTo, put };
  }

  /** The comma behind the first of several members goes with it. */
  #behind(to: number): number {
    return this.#text[to] === ',' ? to + 1 : to;
  }
}

const keyOf = (put: string): string => (put.startsWith('"') ? put : '"added"');

class SeedWriter {
  text = '';
  readonly members: Member[] = [];

  write(value: unknown): void {
    if (Array.isArray(value)) {
      this.#writeMembers(
        '[',
        value.map((one) => [undefined, one]),
        ']',
      );
    } else if (typeof value === 'object' && value !== null) {
      this.#writeMembers('{', Object.entries(value), '}');
    } else {
      this.text += JSON.stringify(value) ?? 'null';
    }
  }

  #writeMembers(open: string, members: readonly [string | undefined, unknown][], close: string): void {
    this.text += open;
    for (const [i, [name, value]] of members.entries()) {
      const from = this.text.length;
      if (i > 0) this.text += ',';
      const keyFrom = this.text.length;
      if (name !== undefined) this.text += JSON.stringify(name);
      const keyTo = this.text.length;
      if (name !== undefined) this.text += ':';
      const valueFrom = this.text.length;
      this.write(value);
      const key: Member['key'] = name === undefined ? undefined : [keyFrom, keyTo];
      this.members.push({ key, from, value: [valueFrom, this.text.length] });
    }
    this.text += close;
  }
}
