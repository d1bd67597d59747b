import type { OfficerCaller } from '../../parties/caller.js';
import type { Clock } from '../clock/clock.js';
import { type ClockRules, daysLeft, judged } from '../clock/clock-rules.js';
import { describeFile, roleFor } from '../engine/answer.js';
import { isPossible, type Machine, NONE, SELF, type Transition } from '../engine/machine.js';
import { isReadable } from '../engine/reads/readable.js';
import type { Relations } from '../engine/relations.js';
import type { ProcedureFile } from '../files/file.js';
import type { FileReader, UrgentFile, UrgentKind, UrgentPosition } from '../files/file-reader.js';
import type { Kind } from '../files/kinds.js';
import { OfficerCache } from './officer-cache.js';

export interface WorklistDeps {
  files: Pick<FileReader, 'getMany' | 'urgent'>;
  machines: ReadonlyMap<Kind, Machine>;
  relations: Relations;
  rules: ClockRules;
  clock: () => number;
}

export interface WorklistItem {
  /** The answer of an act about the file, as JSON in UTF-8; it must not be changed. */
  file: Uint8Array;
  /** Null where the worklist only shows the clock of a competent department below. */
  act: string | null;
  /** Working days; null without clock. */
  daysLeft: number | null;
  /** Id of the clock that is due first. */
  clock: string | null;
}

export interface WorklistPage {
  items: WorklistItem[];
  /** There is more on the worklist than an answer holds, or than one call reads. */
  more: boolean;
}

/** Items of one answer. */
const ITEMS_MAX = 1_000;
/** Files that are looked at for one answer. */
const FILES_MAX = 20_000;
/** Files that are read at a time, where nothing is known of them yet: some milliseconds of the event loop. */
const READ_AT_ONCE = 100;
/** Files of which the outcome is kept, for all officers together; about 1 KB each. */
const KEPT_MAX = 30_000;

/** Relations in which a party stands only to files of which it is itself a side. */
const OF_SIDES: readonly string[] = ['own', 'provider', 'demand', 'source', 'suspender', 'either', 'asked'];

/** View of a file for the worklist of one officer, as long as the file has no later record. */
interface Shown {
  file: Uint8Array;
  act: string | null;
  /** Clocks that ask for an act. */
  open: Clock[];
}

/** One answer while it is gathered. */
interface Search {
  officer: OfficerCaller;
  isLateOnly: boolean;
  nowMs: number;
  found: WorklistItem[];
  /** Due date and region → working days that are left: a thousand clocks have a few dates. */
  days: Map<string, number>;
  filesLeft: number;
  more: boolean;
}

/** Gathers what waits for an officer, in the order of due dates (docs/decisions/0173, 0222). */
export class Worklist {
  readonly #cache = new OfficerCache<Shown | undefined>(KEPT_MAX);

  constructor(private readonly deps: WorklistDeps) {}

  /** To be called after each record. */
  readonly onRecord = this.#cache.onRecord;

  /** Smallest number of working days first, files without a clock last. */
  async of(officer: OfficerCaller, isLateOnly: boolean): Promise<WorklistPage> {
    const nowMs = this.deps.clock();
    const search: Search = {
      officer,
      isLateOnly,
      nowMs,
      found: [],
      days: new Map(),
      filesLeft: FILES_MAX,
      more: false,
    };
    await this.#gather(search, true);
    if (!isLateOnly) await this.#gather(search, false);
    search.found.sort((a, b) => (a.daysLeft ?? Number.MAX_VALUE) - (b.daysLeft ?? Number.MAX_VALUE));
    return { items: search.found, more: search.more };
  }

  /** Finds files of all kinds, the most urgent first, until the answer is full; notes whether there are more. */
  async #gather(search: Search, hasOpenClock: boolean): Promise<void> {
    const kinds = [...this.deps.machines.values()].flatMap((machine) => {
      const kind = machine.available && this.#kindFor(search.officer, machine, hasOpenClock);
      return kind ? [kind] : [];
    });
    if (kinds.length === 0) return;
    const query = { kinds, hasOpenClock, ...(search.isLateOnly && { lateByMs: search.nowMs }) };
    for (let after: UrgentPosition | undefined; ; ) {
      const left = Math.min(ITEMS_MAX - search.found.length, search.filesLeft);
      const limit = Math.max(left, 1);
      const page = await this.deps.files.urgent({ ...query, limit, ...(after && { after }) });
      if (left <= 0) {
        search.more ||= page.files.length > 0;
        return;
      }
      search.filesLeft -= page.files.length;
      await this.#lookAt(search, page.files);
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  /** Files of a kind that may have an act for the officer; undefined when no act of that kind is for anybody with these roles. */
  #kindFor(officer: OfficerCaller, machine: Machine, hasOpenClock: boolean): UrgentKind | undefined {
    const rows = machine.transitions.filter((row) => isForWorklist(row) && row.who.some((who) => fits(who, officer)));
    const { kind } = machine;
    const seesClocksBelow = hasOpenClock && this.#seesClocksBelow(officer);
    if (rows.length === 0 && !seesClocksBelow) return undefined;
    const states = [...new Set(rows.flatMap(({ from }) => from))];
    const relations = rows.flatMap(({ who }) => who.filter((one) => fits(one, officer)).map(relationOf));
    const sides = seesClocksBelow ? this.deps.relations.sidesReadBy(officer.party) : this.#sidesOf(officer, relations);
    return { kind, ...(!seesClocksBelow && { states }), ...(sides && { sides }) };
  }

  #sidesOf(officer: OfficerCaller, relations: readonly string[]): readonly string[] | undefined {
    if (relations.every((relation) => OF_SIDES.includes(relation))) return [officer.party];
    if (relations.some((relation) => relation === 'any' || relation === 'owner')) return undefined;
    return this.deps.relations.sidesReadBy(officer.party);
  }

  #seesClocksBelow({ roles, party }: OfficerCaller): boolean {
    return roles.includes('competent_reviewer') && this.deps.relations.isCompetent(party);
  }

  /** Adds those of the files that are on the officer's worklist. */
  async #lookAt(search: Search, files: readonly UrgentFile[]): Promise<void> {
    const { officer } = search;
    const shown = new Map<UrgentFile, Shown | undefined>();
    const unknown: UrgentFile[] = [];
    for (const file of files) {
      const known = this.#cache.find(officer, file);
      if (known) shown.set(file, known.found);
      else unknown.push(file);
    }
    let next = this.#read(unknown, 0);
    for (let at = 0; at < unknown.length; at += READ_AT_ONCE) {
      const { asked, files: read } = next;
      const found = await read;
      // The thread reads on while these are looked at.
      next = this.#read(unknown, at + READ_AT_ONCE);
      for (const [index, file] of found.entries()) {
        if (!file) continue;
        const one = this.#shownOf(officer, file);
        shown.set(asked[index] as UrgentFile, one);
        this.#cache.keep(officer, file, one);
      }
    }
    for (const file of files) {
      const one = shown.get(file);
      const item = one && this.#itemOf(search, one);
      if (item) search.found.push(item);
    }
  }

  #read(all: readonly UrgentFile[], at: number) {
    const asked = all.slice(at, at + READ_AT_ONCE);
    const files = asked.length === 0 ? Promise.resolve([]) : this.deps.files.getMany(asked);
    // A failure is seen where it is awaited; it is not when the files before could not be shown.
    files.catch(() => {});
    return { asked, files };
  }

  /** View of a file for the officer; undefined when it is nothing to do with the officer. */
  #shownOf(officer: OfficerCaller, file: ProcedureFile): Shown | undefined {
    const { relations, machines } = this.deps;
    const machine = machines.get(file.kind) as Machine;
    if (!isReadable(machine, file, officer, relations)) return undefined;
    const acts = machine.transitions.filter(
      (row) => isForWorklist(row, file) && roleFor(row.who, file, officer, relations),
    );
    // A request that somebody has made is what waits, not what could be done at any time.
    const act = acts.find(({ isAwaited }) => isAwaited?.(file)) ?? acts[0];
    const open = file.clocks.filter(({ state, doneAt }) => state !== 'met' && doneAt === undefined);
    const isShown = act !== undefined || open.some((clock) => this.#isOfDepartmentBelow(officer, clock));
    if (!isShown) return undefined;
    const answer = JSON.stringify(describeFile(machine, file, officer, relations));
    return { file: bytesOf(answer), act: act?.act ?? null, open };
  }

  /** Undefined when nothing of the file is late and only late files are asked for. */
  #itemOf(search: Search, { file, act, open }: Shown): WorklistItem | undefined {
    const { nowMs, isLateOnly } = search;
    const clocks = open
      .map((clock) => judged(clock, nowMs))
      .filter(({ state, doneAt }) => state !== 'met' && doneAt === undefined);
    if (isLateOnly && !clocks.some(({ state }) => state === 'late')) return undefined;
    const counted = clocks.map((clock) => ({ clock, days: this.#daysLeft(search, clock) }));
    const [first] = counted.sort((a, b) => a.days - b.days);
    return { file, act, daysLeft: first?.days ?? null, clock: first?.clock.id ?? null };
  }

  #daysLeft({ nowMs, days }: Search, clock: Clock): number {
    const { rules } = this.deps;
    const key = `${clock.due} ${rules.regionOf(clock.party)}`;
    let left = days.get(key);
    if (left === undefined) {
      left = daysLeft(clock, rules, nowMs);
      days.set(key, left);
    }
    return left;
  }

  /** The clocks of a competent department are shown to its superior, as it is its own peer. */
  #isOfDepartmentBelow(officer: OfficerCaller, { party }: Clock): boolean {
    const { relations } = this.deps;
    return (
      this.#seesClocksBelow(officer) &&
      party !== officer.party &&
      relations.isCompetent(party) &&
      relations.superiorOf(party) === officer.party
    );
  }
}

/** A thousand strings that are put together would be copied, counted and encoded at each call. Memory of its own: parts of a shared block keep all of it. */
function bytesOf(text: string): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

const relationOf = (who: string): string => who.slice(0, Math.max(who.indexOf('.'), 0));

function fits(who: string, { roles }: OfficerCaller): boolean {
  const role = who.slice(who.indexOf('.') + 1);
  return who !== 'bus' && (role === 'any' || roles.includes(role));
}

/** An act that keeps the state is on a worklist only while somebody waits for it. */
function isForWorklist(row: Transition, file?: ProcedureFile): boolean {
  if (row.isLater || row.from.every((state) => state === NONE)) return false;
  if (file && !isPossible(row, file)) return false;
  return row.to !== SELF || (row.isAwaited !== undefined && (file === undefined || row.isAwaited(file)));
}
