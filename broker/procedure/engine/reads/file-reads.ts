import type { Ledger } from '../../../ledger/ledger.js';
import type { Caller, OfficerCaller } from '../../../parties/caller.js';
import type { Fields, FileRef, ProcedureFile } from '../../files/file.js';
import type { FileQuery, FileReader } from '../../files/file-reader.js';
import type { Kind } from '../../files/kinds.js';
import { requireMachine, requireOfficer } from '../act-guards.js';
import { asSeen, describeFile, describeWhole, shownDocument } from '../answer.js';
import type { Machine, World } from '../machine.js';
import { noSuchFile } from '../refusals.js';
import { isReadable, readablePage } from './readable.js';
import { recordReads } from './recorded-reads.js';

/** Bounds the files of one page: each may have a document of a mebibyte, and the page is written in one turn of the event loop. */
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

interface FileReadsDeps {
  ledger: Ledger;
  reader: FileReader;
  world: World;
  machines: ReadonlyMap<Kind, Machine>;
  /** Throws NOT_YOUR_ROLE, and has the attempt of an outsider on record. */
  requireInsider(caller: Caller, act?: string, kind?: Kind): Promise<OfficerCaller>;
}

/** Answers what an officer may see of the files: one of them, one with document and history, or a page of a kind. */
export class FileReads {
  constructor(private readonly deps: FileReadsDeps) {}

  /** A file as the caller may see it. Throws NOT_FOUND. */
  async read(caller: Caller, ref: FileRef): Promise<{ file: ProcedureFile; answer: Fields }> {
    const officer = await this.deps.requireInsider(caller, undefined, ref.kind);
    const machine = requireMachine(this.deps.machines, ref.kind);
    const file = await this.deps.reader.get(ref);
    if (!file || !isReadable(machine, file, officer, this.deps.world.relations)) throw noSuchFile(ref);
    return { file, answer: describeFile(machine, file, officer, this.deps.world.relations) };
  }

  async readWhole(caller: Caller, ref: FileRef): Promise<Fields> {
    const machine = requireMachine(this.deps.machines, ref.kind);
    const officer = requireOfficer(caller);
    if (machine.recordsReads) {
      await this.read(officer, ref);
      await recordReads(this.deps, officer, [ref]);
    }
    const { file, answer } = await this.read(officer, ref);
    const history = await this.deps.reader.history(ref);
    const { relations } = this.deps.world;
    return describeWhole(answer, machine, file, history, { caller: officer, relations });
  }

  /** Files that the caller may see, newest last. */
  async list(caller: Caller, query: FileQuery & { document?: boolean }): Promise<{ files: Fields[]; next?: string }> {
    const officer = requireOfficer(caller);
    const isListOfOthers = this.deps.machines
      .get(query.kind)
      ?.isReadOneByOneBy?.some((role) => officer.roles.includes(role));
    await this.deps.requireInsider(officer, isListOfOthers ? 'list' : undefined, query.kind);
    const machine = requireMachine(this.deps.machines, query.kind);
    const { relations } = this.deps.world;
    const sides = machine.isReadByAll || machine.isFoundByAll ? query.sides : this.#readableSides(officer, query.sides);
    const { document, ...rest } = query;
    const states = query.states && (machine.widenedStates?.(query.states) ?? query.states);
    const asked = { ...rest, bytesMax: PAGE_BYTES_MAX, ...(sides && { sides }), ...(states && { states }) };
    const page = await readablePage(this.deps.reader, asked, (file) => {
      if (machine.isListed?.(file.id) === false || !isReadable(machine, file, officer, relations)) return undefined;
      const seen = asSeen(machine, file, officer, relations).file;
      return (query.states?.includes(seen.state) ?? true) ? { file, seen } : undefined;
    });
    const files = page.found.map(({ file, seen }) => ({
      ...describeFile(machine, file, officer, relations),
      ...(document && { document: shownDocument(machine, seen) }),
    }));
    if (machine.recordsReads && document) await recordReads(this.deps, officer, files.map(refOf));
    return { files, ...(page.next !== undefined && { next: String(page.next) }) };
  }

  #readableSides(officer: OfficerCaller, asked: readonly string[] | undefined): readonly string[] | undefined {
    const { relations } = this.deps.world;
    if (officer.roles.includes('auditor') && relations.isCompetent(officer.party)) return asked;
    // Files that one reads by office are found by the side that was asked for; `isReadable` decides on each.
    return asked ?? relations.sidesReadBy(officer.party);
  }
}

const refOf = ({ file }: Fields): FileRef => file as FileRef;
