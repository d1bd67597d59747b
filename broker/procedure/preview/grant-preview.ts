import type { EntryVersion, NumberedItem } from '../../../proto/entry/entry.js';
import { fieldOf } from '../../../proto/entry/item-field.js';
import { SluiceError } from '../../../proto/errors.js';
import { type StoredGrant, statusAt, toGrant } from '../../grants/grant.js';
import type { Grants } from '../../grants/grants.js';
import type { GrantAccess } from '../../stream/subscriptions/grant-access.js';
import type { EntryLookup } from '../../stream/views/entry-fields.js';
import { View, viewKey } from '../../stream/views/view.js';
import type { ApplicationDocument } from '../applications/document-check.js';
import { momentOf } from '../clock/shanghai-days.js';
import type { NewestFirst } from './newest-first.js';
import { PreviewTally, type SmallGroup } from './preview-tally.js';

export interface Preview {
  /** Events that the grant would have delivered. */
  events: number;
  /** The same by month (`2026-02`), in Shanghai. */
  perMonth: Record<string, number>;
  /** Names of the items applied for, by grade. */
  grades: Record<string, string[]>;
  samples: Record<string, string | null>[];
  smallGroups: SmallGroup[];
  /** Live grants of the party on the entry, with the items applied for that they hold. */
  heldAlready: { grant: string; items: string[] }[];
  /** Where older events were left out: the acceptance of the oldest one that counts. */
  since?: string;
}

/** Events that one preview looks at, and the time that it takes at most: what is older is left out. */
const EVENTS_MAX = 50_000;
const MS_MAX = 3_000;
/** Each holds the newest events of its entry for seconds. */
const RUNNING_MAX = 2;

export interface GrantPreviewDeps {
  access: Pick<GrantAccess, 'viewSource'>;
  newest: Pick<NewestFirst, 'visit'>;
  entries: EntryLookup;
  grants: Pick<Grants, 'heldBy'>;
  clock(): number;
}

/** Runs the grant that an application would make over the newest events of its entry, and delivers nothing. */
export class GrantPreview {
  #running = 0;

  constructor(private readonly deps: GrantPreviewDeps) {}

  /** Throws ENTRY_WITHDRAWN, TOO_MANY or STORE_UNAVAILABLE. */
  async of(application: ApplicationDocument): Promise<Preview> {
    if (this.#running >= RUNNING_MAX) throw new SluiceError('TOO_MANY', 'other previews are running, try again later');
    this.#running++;
    try {
      return await this.#run(application);
    } finally {
      this.#running--;
    }
  }

  async #run(application: ApplicationDocument): Promise<Preview> {
    const { access, entries, clock, newest } = this.deps;
    const { entry } = application;
    const version = entries.published(entry);
    if (!version) throw new SluiceError('ENTRY_WITHDRAWN', `entry ${entry} is not published`, { entry });
    const source = access.viewSource({ grant: toGrant(grantOf(application), 0), version }, undefined);
    const view = new View(viewKey(source), entry, source);
    const applied = view.fields.map(({ name }) => source.item(name));
    const tally = new PreviewTally({ view, groupedBy: groupingItems(applied) });
    const isWhole = await newest.visit(
      { view, source, partition: version.partition },
      {
        eventsMax: EVENTS_MAX,
        msMax: MS_MAX,
        onEvent: (_, delivered) => {
          if (delivered) tally.add(delivered);
        },
        onStretch: () => {
          tally.endStretch();
          return false;
        },
      },
    );
    return {
      events: tally.events,
      perMonth: tally.perMonth,
      grades: gradesOf(applied, version),
      samples: tally.samples,
      smallGroups: tally.smallGroups,
      heldAlready: this.#heldAlready(application, clock()),
      ...(!isWhole && tally.oldestMs !== undefined && { since: momentOf(tally.oldestMs) }),
    };
  }

  #heldAlready({ party, entry, items = [] }: ApplicationDocument, nowMs: number): Preview['heldAlready'] {
    const applied = new Set(items.map(({ name }) => name));
    return this.deps.grants
      .heldBy(party, entry)
      .filter((grant) => statusAt(grant, nowMs) !== 'expired')
      .map((grant) => ({
        grant: grant.id,
        items: grant.items.map(({ name }) => name).filter((name) => applied.has(name)),
      }))
      .filter((held) => held.items.length > 0);
  }
}

/** The right that the application asks for, over the whole log: what it would have delivered is asked for, not what it will. */
function grantOf({ id, party, entry, system = '', items = [], rows, scenario = '' }: ApplicationDocument): StoredGrant {
  return {
    id,
    party,
    entry,
    system,
    items,
    purpose: scenario,
    basis: '',
    status: 'in_force',
    ...(rows && { rows }),
    period: { from: '1970-01-01', to: '9999-12-31' },
    history: 'all',
  };
}

/** Whoever knows some of a person's attributes finds the record by those that can be filtered. */
function groupingItems(applied: readonly NumberedItem[]) {
  return applied
    .filter((item) => item.filterable === true && item.identifier !== true)
    .map((item) => ({ field: fieldOf(item), isPersonal: isPersonal(item) }));
}

const isPersonal = ({ personal }: NumberedItem): boolean =>
  personal !== undefined && personal !== 'none' && personal !== false;

function gradesOf(applied: readonly NumberedItem[], { document }: EntryVersion): Record<string, string[]> {
  const grades: Record<string, string[]> = {};
  for (const { name, grade } of applied) {
    const own = grade ?? String(document.dataGrade ?? 'general');
    grades[own] = [...(grades[own] ?? []), name];
  }
  return grades;
}
