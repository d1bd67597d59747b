import { sharedTurn } from '../../../proto/async/shared-turns.js';
import type { ClockOfFile } from '../clock/calendar-check.js';
import type { Clock } from '../clock/clock.js';
import type { Fields, FileRef, FileState, HistoryItem, Notice, ProcedureFile } from '../files/file.js';
import type { AttachmentFacts, DueFile, FileReader, KeptAnswer, UrgentPage } from '../files/file-reader.js';
import type { Kind } from '../files/kinds.js';
import type { StoredFile, StoredPage } from './file-queries.js';
import type { Projection } from './projection.js';

/** Characters of JSON that are parsed in one turn of the event loop: about 5 ms. */
const PARSED_PER_TURN_CHARS = 1024 * 1024;

/** Reads files from the projection. `clock` is the time of the bus, in milliseconds since 1970. */
export function projectedFiles(projection: Pick<Projection, 'ask'>, clock: () => number): FileReader {
  const ask = <T>(...given: Parameters<Projection['ask']>): Promise<T> => projection.ask(...given) as Promise<T>;
  const many = async (refs: readonly FileRef[], upTo?: number) =>
    parsedAll(await ask<(StoredFile | undefined)[]>({ what: 'files', refs }, upTo));
  return {
    get: async (ref, upTo) => (await many([ref], upTo))[0],
    getMany: many,
    list: async (query, upTo) => {
      const { files, ...page } = await ask<StoredPage>({ what: 'list', query }, upTo);
      return { files: (await parsedAll(files)) as ProcedureFile[], ...page };
    },
    urgent: (query) => ask<UrgentPage>({ what: 'urgent', query }),
    lastRecords: (kind, ids) => ask<Map<string, number>>({ what: 'last-records', kind, ids }),
    history: (ref) => ask<HistoryItem[]>({ what: 'history', ref }),
    due: (beforeMs, limit) => ask<DueFile[]>({ what: 'due', beforeMs, limit }),
    clocks: async (query) => {
      const { clocks, ...rest } = await ask<StoredClocks>({ what: 'clocks', query });
      return { clocks: clocks.map(clockOfFile), ...rest };
    },
    notices: (query) => ask<{ notices: Notice[]; next?: string }>({ what: 'notices', query }),
    notice: (id, party) => ask<Notice | undefined>({ what: 'notice', id, party }),
    attachment: (sha256) => ask<AttachmentFacts | undefined>({ what: 'attachment', sha256 }),
    attachmentBytes: (party) => ask<number>({ what: 'attachment-bytes', party }),
    keptAnswer: (key) => ask<KeptAnswer | undefined>({ what: 'kept', key, nowMs: clock() }),
  };
}

interface StoredClocks {
  clocks: { kind: Kind; id: string; clock: string }[];
  next?: number;
}

const clockOfFile = ({ kind, id, clock }: StoredClocks['clocks'][number]): ClockOfFile => ({
  file: { kind, id },
  clock: JSON.parse(clock) as Clock,
});

/** Files are parsed here and not in the thread: handing over an object costs more than parsing it. */
async function parsedAll(files: readonly (StoredFile | undefined)[]): Promise<(ProcedureFile | undefined)[]> {
  const parsed: (ProcedureFile | undefined)[] = [];
  let chars = 0;
  for (const file of files) {
    parsed.push(file && parsedFile(file));
    chars += file ? file.body.length + file.document.length : 0;
    if (chars < PARSED_PER_TURN_CHARS) continue;
    chars = 0;
    await sharedTurn();
  }
  return parsed;
}

function parsedFile({ kind, id, seq, body, document }: StoredFile): ProcedureFile {
  const state = JSON.parse(body) as FileState;
  return { kind: kind as Kind, id, ...state, seq, document: JSON.parse(document) as Fields };
}
