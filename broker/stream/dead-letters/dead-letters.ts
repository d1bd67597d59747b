import { SluiceError } from '../../../proto/errors.js';
import type { ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import { isSameEpoch } from '../../../proto/log-position.js';
import { requireEpoch } from '../../event-log/truncation.js';
import type { PageEvents } from '../pages/page-events.js';
import type { PageReceipts } from '../pages/page-receipts.js';
import type { GrantAccess } from '../subscriptions/grant-access.js';
import { View, viewKey } from '../views/view.js';
import type { DeadLetterStore, ListedLetter } from './dead-letter-store.js';

export interface DeadLettersDeps {
  access: GrantAccess;
  store: DeadLetterStore;
  events: PageEvents;
  receipts: PageReceipts;
  /** Returns the present epoch of a partition's log. Throws STORE_UNAVAILABLE while it is being resolved. */
  logOf(partition: number): string;
}

/** The dead-letter list of a grant as its subscriber sees it. */
export class DeadLetters {
  constructor(private readonly deps: DeadLettersDeps) {}

  /** Letters of a previous log epoch are listed as `gone`: their positions name other events now, or none. */
  async list(system: string, grant: string, after = 0): Promise<ListedLetter[]> {
    const { access, store, logOf } = this.deps;
    const log = logOf(access.open(system, grant).version.partition);
    const letters = await store.list(grant, after);
    return letters.map((letter) => (letter.log === log ? letter : { ...letter, status: 'gone' }));
  }

  /** Takes a rejected event off the list without delivering it. Throws NOT_FOUND. */
  async drop(system: string, grant: string, position: number): Promise<void> {
    this.deps.access.open(system, grant);
    await this.deps.store.markDropped(grant, await this.deps.store.find(grant, position));
  }

  /**
   * Returns the event once more, as the grant delivers it now, and takes it off the list. Throws NOT_FOUND, and
   * POSITION_GONE for an event that has expired or belongs to a previous epoch.
   */
  async redrive(
    system: string,
    grant: string,
    position: number,
    /** Throws when another right of the caller has ended; asked in the turn in which the event is handed out. */
    check: () => void = () => undefined,
  ): Promise<{ event: ProjectedEvent; view: View }> {
    const { access, store, events, receipts, logOf } = this.deps;
    const open = access.open(system, grant);
    const source = access.viewSource(open, undefined);
    const letter = await store.find(grant, position);
    const log = logOf(open.version.partition);
    if (!isSameEpoch(letter.log, log))
      throw new SluiceError('POSITION_GONE', `position ${position} belongs to a previous log epoch`, { grant });
    const view = new View(viewKey(source), open.grant.entry, source);
    const read = await events.read(view, source, open.version.partition, { after: position - 1, limit: 1 });
    const event = read.events.find((one) => one.position === position);
    if (!event)
      throw new SluiceError('POSITION_GONE', `position ${position} is not there for grant ${grant}`, { grant });
    const reader = { system, grant, cursor: letter.cursor };
    const page = { from: position - 1, through: position, events: [event], log };
    // Off the list first: a right that ends while that is stored must still keep the event from going out.
    await store.markRedriven(grant, letter);
    try {
      await receipts.record(reader, open, source, page, () => {
        check();
        access.check(system, open, view);
        requireEpoch(grant, log, logOf(open.version.partition));
      });
    } catch (error) {
      await store.markOpen(grant, letter);
      throw error;
    }
    return { event, view };
  }
}
