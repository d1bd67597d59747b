import type { EntryDocument } from '../../../proto/entry/entry.js';
import type { GrantDocument } from '../../../proto/entry/grant.js';
import type { Rows } from '../../../proto/entry/rows.js';
import type { Scenario, ScenarioGrant } from './scenario.js';

interface MadeGrant {
  document: GrantDocument;
  status: 'in force' | 'suspended' | 'terminated';
  /** True when the grant was ever out of force. */
  mayBeRefused: boolean;
}

const LONG_AGO = '2020-01-01T00:00:00.000Z';
const FAR_AWAY = '2099-12-31T00:00:00.000Z';

/** The grants of one scenario: their documents and their present state. */
export class ScenarioGrants {
  readonly controlId: string;
  readonly #made = new Map<string, MadeGrant>();
  readonly #scenario: Scenario;
  readonly #subscriber: { system: string; party: string };
  readonly #name: string;

  constructor(scenario: Scenario, subscriber: { system: string; party: string }, name: string) {
    this.#scenario = scenario;
    this.#subscriber = subscriber;
    this.#name = name;
    this.controlId = `${name}-all`;
  }

  /** All items of the first version, all rows, all times. */
  control(entry: EntryDocument): GrantDocument {
    const items = entry.items.map(({ name }) => ({ name }));
    return this.#make(this.controlId, entry, { items, rows: {}, history: 'all', since: 0 });
  }

  /** Documents of the grants that are due now, restricted to the present items of the entry. */
  due(isDue: (since: number) => boolean, entry: EntryDocument): GrantDocument[] {
    const documents: GrantDocument[] = [];
    for (const [index, grant] of this.#scenario.grants.entries()) {
      if (isDue(grant.since)) documents.push(this.#make(this.#idOf(index), entry, grant));
    }
    return documents;
  }

  made(index: number): GrantDocument | undefined {
    return this.#made.get(this.#idOf(index))?.document;
  }

  /** False when the act is not possible in the grant's state. */
  rule(index: number, act: 'suspend' | 'restore' | 'terminate'): boolean {
    const grant = this.#made.get(this.#idOf(index));
    // Suspending a grant that is about to expire would be a race.
    if (!grant || grant.status === 'terminated' || grant.document.period.to !== FAR_AWAY) return false;
    if (act !== 'terminate' && (grant.status === 'in force') !== (act === 'suspend')) return false;
    grant.status = act === 'restore' ? 'in force' : act === 'suspend' ? 'suspended' : 'terminated';
    grant.mayBeRefused = true;
    return true;
  }

  /** A narrowing may test only items that are granted plain and filterable in every version. */
  narrowing(narrow: Rows, grant: GrantDocument): Rows | undefined {
    const allowed = Object.entries(narrow).filter(([name]) => {
      const isPlain = grant.items.some((item) => item.name === name && item.transform === undefined);
      return isPlain && this.#scenario.items.some(({ item, versions }) => item.name === name && versions === 'both');
    });
    return allowed.length === 0 ? undefined : Object.fromEntries(allowed);
  }

  facts(id: string): {
    document: GrantDocument;
    historyFromMs: number | undefined;
    untilMs: number | undefined;
    mayBeRefused: boolean;
  } {
    const { document, mayBeRefused } = this.#made.get(id) as MadeGrant;
    const expires = document.period.to !== FAR_AWAY;
    return {
      document,
      historyFromMs: document.history === 'all' ? undefined : Date.parse(document.period.from),
      untilMs: expires ? Date.parse(document.period.to) : undefined,
      mayBeRefused: mayBeRefused || expires,
    };
  }

  #make(id: string, entry: EntryDocument, grant: ScenarioGrant): GrantDocument {
    const has = (name: string) => entry.items.some((item) => item.name === name);
    const now = Date.now();
    const document: GrantDocument = {
      id,
      system: this.#subscriber.system,
      party: this.#subscriber.party,
      entry: entry.id,
      items: grant.items.filter(({ name }) => has(name)),
      rows: Object.fromEntries(Object.entries(grant.rows).filter(([name]) => has(name))),
      purpose: 'to be compared with a model',
      basis: 'a test',
      period: {
        // Without a history the period begins now, so that there is a past that must stay hidden.
        from: grant.history === 'all' ? LONG_AGO : new Date(now).toISOString(),
        to: grant.lifeMs === undefined ? FAR_AWAY : new Date(now + grant.lifeMs).toISOString(),
      },
      history: grant.history,
    };
    this.#made.set(id, { document, status: 'in force', mayBeRefused: false });
    return document;
  }

  #idOf(index: number): string {
    return `${this.#name}-g${index}`;
  }
}
