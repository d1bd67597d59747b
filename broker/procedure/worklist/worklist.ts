import type { OfficerCaller } from '../../parties/caller.js';
import type { Clock } from '../clock/clock.js';
import { type ClockRules, daysLeft, judged } from '../clock/clock-rules.js';
import { describeFile, roleFor } from '../engine/answer.js';
import { type Machine, NONE, SELF, type Transition } from '../engine/machine.js';
import { isReadable } from '../engine/readable.js';
import type { Relations } from '../engine/relations.js';
import type { Fields, ProcedureFile } from '../files/file.js';
import type { FileQuery, FileReader } from '../files/file-reader.js';
import type { Kind } from '../files/kinds.js';

export interface WorklistDeps {
  files: Pick<FileReader, 'list'>;
  machines: ReadonlyMap<Kind, Machine>;
  relations: Relations;
  rules: ClockRules;
  clock: () => number;
}

export interface WorklistItem {
  /** The answer of an act about the file. */
  file: Fields;
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
const PAGE_FILES = 500;

/** Relations in which a party stands only to files of which it is itself a side. */
const OF_SIDES: readonly string[] = ['own', 'provider', 'demand', 'source', 'suspender', 'either', 'asked'];

/** A file of the worklist before it is described. */
interface Found {
  machine: Machine;
  file: ProcedureFile;
  act: string | null;
  daysLeft: number | null;
  clock: Clock | undefined;
}

/** One answer while it is gathered. */
interface Search {
  officer: OfficerCaller;
  isLateOnly: boolean;
  nowMs: number;
  found: Found[];
  filesLeft: number;
  more: boolean;
}

export class Worklist {
  constructor(private readonly deps: WorklistDeps) {}

  /** Smallest number of working days first, files without a clock last. */
  async of(officer: OfficerCaller, isLateOnly: boolean): Promise<WorklistPage> {
    const nowMs = this.deps.clock();
    const search: Search = { officer, isLateOnly, nowMs, found: [], filesLeft: FILES_MAX, more: false };
    const machines = [...this.deps.machines.values()].filter(({ available }) => available);
    for (const machine of machines) await this.#gather(search, machine, true);
    if (!isLateOnly) for (const machine of machines) await this.#gather(search, machine, false);
    search.found.sort((a, b) => (a.daysLeft ?? Number.MAX_VALUE) - (b.daysLeft ?? Number.MAX_VALUE));
    const { relations } = this.deps;
    const items = search.found.slice(0, ITEMS_MAX).map(({ machine, file, act, daysLeft: days, clock }) => ({
      ...{ file: describeFile(machine, file, officer, relations), act, daysLeft: days, clock: clock?.id ?? null },
    }));
    return { items, more: search.more || search.found.length > ITEMS_MAX };
  }

  async #gather(search: Search, machine: Machine, hasOpenClock: boolean): Promise<void> {
    const query = this.#queryFor(search.officer, machine, hasOpenClock);
    if (!query) return;
    for (let after: string | undefined; ; ) {
      // Files without a clock come last, so no more of them are read than an answer holds.
      const isFull = search.filesLeft <= 0 || (!hasOpenClock && search.found.length >= ITEMS_MAX);
      const page = await this.deps.files.list({
        ...query,
        limit: isFull ? 1 : PAGE_FILES,
        ...(after !== undefined && { after }),
      });
      if (isFull) {
        search.more ||= page.files.length > 0;
        return;
      }
      search.filesLeft -= page.files.length;
      for (const file of page.files) this.#look(search, machine, file);
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  /** Files that may have an act for the officer; undefined when no act of that kind is for anybody with these roles. */
  #queryFor(officer: OfficerCaller, machine: Machine, hasOpenClock: boolean): Omit<FileQuery, 'limit'> | undefined {
    const rows = machine.transitions.filter((row) => isForWorklist(row) && row.who.some((who) => fits(who, officer)));
    const { kind } = machine;
    const seesClocksBelow = hasOpenClock && this.#seesClocksBelow(officer);
    if (rows.length === 0 && !seesClocksBelow) return undefined;
    const states = [...new Set(rows.flatMap(({ from }) => from))];
    const relations = rows.flatMap(({ who }) => who.filter((one) => fits(one, officer)).map(relationOf));
    const sides = seesClocksBelow ? this.#readable(officer) : this.#sidesOf(officer, relations);
    return { kind, hasOpenClock, ...(!seesClocksBelow && { states }), ...(sides && { sides }) };
  }

  #sidesOf(officer: OfficerCaller, relations: readonly string[]): readonly string[] | undefined {
    if (relations.every((relation) => OF_SIDES.includes(relation))) return [officer.party];
    if (relations.some((relation) => relation === 'any' || relation === 'owner')) return undefined;
    return this.#readable(officer);
  }

  #readable({ party }: OfficerCaller): readonly string[] {
    return this.deps.relations.readableBy(party);
  }

  #seesClocksBelow({ roles, party }: OfficerCaller): boolean {
    return roles.includes('competent_reviewer') && this.deps.relations.isCompetent(party);
  }

  #look(search: Search, machine: Machine, file: ProcedureFile): void {
    const { officer, nowMs, isLateOnly } = search;
    const { relations, rules } = this.deps;
    if (!isReadable(machine, file, officer, relations)) return;
    const act = machine.transitions.find(
      (row) => isForWorklist(row, file) && roleFor(row.who, file, officer, relations),
    );
    const open = file.clocks
      .map((clock) => judged(clock, nowMs))
      .filter(({ state, doneAt }) => state !== 'met' && doneAt === undefined);
    const isShown = act !== undefined || open.some((clock) => this.#isOfDepartmentBelow(officer, clock));
    if (!isShown || (isLateOnly && !open.some(({ state }) => state === 'late'))) return;
    const counted = open.map((clock) => ({ clock, days: daysLeft(clock, rules, nowMs) }));
    const [first] = counted.sort((a, b) => a.days - b.days);
    search.found.push({ machine, file, act: act?.act ?? null, daysLeft: first?.days ?? null, clock: first?.clock });
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

const relationOf = (who: string): string => who.slice(0, Math.max(who.indexOf('.'), 0));

function fits(who: string, { roles }: OfficerCaller): boolean {
  const role = who.slice(who.indexOf('.') + 1);
  return who !== 'bus' && (role === 'any' || roles.includes(role));
}

/** An act that keeps the state is on a worklist only while somebody waits for it. */
function isForWorklist(row: Transition, file?: ProcedureFile): boolean {
  if (row.isLater || row.from.every((state) => state === NONE)) return false;
  if (file && !row.from.includes(file.state)) return false;
  return row.to !== SELF || (row.isAwaited !== undefined && (file === undefined || row.isAwaited(file)));
}
