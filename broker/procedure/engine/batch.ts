import type { Act } from '../../ledger/record.js';
import type { FileRef, NoticeOrder, ProcedureFile, RecordedStep } from '../files/file.js';
import type { ClocksQuery, FileReader } from '../files/file-reader.js';
import { KINDS } from '../files/kinds.js';

/** The actor of a step: an officer with the role that allows it, or the bus. */
export interface Actor {
  actor: string;
  role?: string | undefined;
}

export const BUS: Actor = { actor: 'bus' };

/** One act of a batch, on the state that its file then has. */
export interface Step {
  file: ProcedureFile;
  act: string;
  by: Actor;
  from?: string | undefined;
  reason?: string | undefined;
  attachments?: string[] | undefined;
  /** Digests that the document names. */
  named?: string[] | undefined;
  clock?: string | undefined;
  notices: NoticeOrder[];
  calendar?: string | undefined;
}

const keyOf = ({ kind, id }: FileRef): string => `${kind}/${id}`;

/**
 * An act with everything that follows from it, before it is recorded. Files are read once, changed in memory, and seen
 * changed by later acts of the same batch; `toActs` gives the ledger records in order.
 */
export class Batch {
  readonly steps: Step[] = [];
  readonly #files = new Map<string, ProcedureFile | undefined>();
  /** Records that are about no file. */
  readonly #others: Act[] = [];

  constructor(
    readonly reader: FileReader,
    /** Record that the batch will follow. */
    readonly head: number,
    readonly nowMs: number,
  ) {}

  /** The file as this batch leaves it so far; a copy that may be changed. */
  async get(ref: FileRef): Promise<ProcedureFile | undefined> {
    const key = keyOf(ref);
    if (!this.#files.has(key)) {
      const stored = await this.reader.get(ref, this.head);
      this.#files.set(key, stored && structuredClone(stored));
    }
    return this.#files.get(key);
  }

  async list(query: Parameters<FileReader['list']>[0]): Promise<ProcedureFile[]> {
    const { files } = await this.reader.list(query, this.head);
    const changed = [...this.#files.values()].filter((file) => file !== undefined && file.kind === query.kind);
    const byId = new Map(files.map((file) => [file.id, file]));
    for (const file of changed) if (file && byId.has(file.id)) byId.set(file.id, file);
    return [...byId.values()];
  }

  clocks(query: ClocksQuery): ReturnType<FileReader['clocks']> {
    return this.reader.clocks(query);
  }

  /** Files that this batch made or changed. */
  changed(kind: string): ProcedureFile[] {
    return this.steps.map(({ file }) => file).filter((file) => file.kind === kind);
  }

  record(step: Step): void {
    this.#files.set(keyOf(step.file), step.file);
    // A later act of the batch changes the file again, and each record keeps the state of its own act.
    this.steps.push({ ...step, file: { ...structuredClone(step.file), seq: this.head + 1 + this.steps.length } });
    step.file.seq = this.head + this.steps.length;
  }

  add(act: Act): void {
    this.#others.push(act);
  }

  toActs(): Act[] {
    return [...this.steps.map(actOf), ...this.#others];
  }
}

function actOf({ file, act, by, from, reason, attachments, named, clock, notices, calendar }: Step): Act {
  const { state, sides, clocks, fields, memo, about } = file;
  const step: RecordedStep = {
    state: { state, sides, clocks, memo, about, ...(fields && { fields }) },
    ...(from !== undefined && { from }),
    ...(attachments?.length && { attachments }),
    ...(named?.length && { named }),
    ...(calendar !== undefined && { calendar }),
    ...(clock !== undefined && { clock }),
    ...(notices.length > 0 && { notices }),
  };
  const { actor, role } = by;
  return { kind: KINDS[file.kind].ledger, id: file.id, act, actor, role, reason, document: file.document, step };
}
