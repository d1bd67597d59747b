import type { OfficerCaller } from '../../parties/caller.js';
import { describeFile } from '../engine/answer.js';
import type { Machine } from '../engine/machine.js';
import { isReadable } from '../engine/reads/readable.js';
import type { Relations } from '../engine/relations.js';
import type { Fields } from '../files/file.js';
import type { FileReader } from '../files/file-reader.js';
import type { Kind } from '../files/kinds.js';
import { OfficerCache } from './officer-cache.js';

export interface DescribedFilesDeps {
  files: Pick<FileReader, 'getMany' | 'lastRecords'>;
  machines: ReadonlyMap<Kind, Machine>;
  relations: Relations;
}

/** Answers that are kept, some 2 KB each. */
const KEPT_MAX = 5_000;

/** Answers about files that are named, for lists that are found elsewhere. */
export class DescribedFiles {
  readonly #cache = new OfficerCache<Fields | undefined>(KEPT_MAX);

  constructor(private readonly deps: DescribedFilesDeps) {}

  /** To be called after each record. */
  readonly onRecord = this.#cache.onRecord;

  /** The answers about those of the files that the officer may see, by id. They must not be changed. */
  async describe(officer: OfficerCaller, kind: Kind, ids: readonly string[]): Promise<Map<string, Fields>> {
    const { files, machines, relations } = this.deps;
    const machine = machines.get(kind) as Machine;
    const answers = new Map<string, Fields>();
    const unknown: string[] = [];
    for (const [id, seq] of await files.lastRecords(kind, ids)) {
      const known = this.#cache.find(officer, { kind, id, seq });
      if (!known) unknown.push(id);
      else if (known.found) answers.set(id, known.found);
    }
    for (const file of await files.getMany(unknown.map((id) => ({ kind, id })))) {
      if (!file) continue;
      const isSeen = isReadable(machine, file, officer, relations);
      const answer = isSeen ? describeFile(machine, file, officer, relations) : undefined;
      this.#cache.keep(officer, file, answer);
      if (answer) answers.set(file.id, answer);
    }
    return answers;
  }
}
