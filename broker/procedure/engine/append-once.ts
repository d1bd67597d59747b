import type { SluiceError } from '../../../proto/errors.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Act } from '../../ledger/record.js';
import type { Fields } from '../files/file.js';
import type { KeptAnswers } from './kept-answers.js';

export interface ActAnswer {
  body: Fields;
  /** The answer of an earlier call with the same key: nothing was done now. */
  isReplayed: boolean;
  /** The act made its file. */
  isNew: boolean;
}

/** Outcome of a request: acts for the ledger, and answers or the refusal that the acts put on record. */
interface Outcome {
  acts: Act[];
  answers: ActAnswer[];
  refusal?: SluiceError;
}

/** An idempotency key, and what a call with it is answered from. */
export interface Once {
  kept: KeptAnswers;
  key: { key: string; request: string };
}

interface Request {
  /** The caller that gave the idempotency key. */
  by: string;
  key: Once['key'] | undefined;
  actor?: string;
  endsRights?: boolean;
}

/**
 * Appends what `decide` comes to, once for an idempotency key: a request that comes again with its key is answered as the
 * first time. `decide` runs inside the guard of the append, again for each attempt. `kept` is there where keys may come. Throws
 * KEY_REUSED.
 */
export async function appendOnce(
  { ledger, kept }: { ledger: Pick<Ledger, 'appendAll'>; kept: KeptAnswers | undefined },
  { by, key, actor, endsRights = false }: Request,
  decide: (head: number) => Promise<Outcome>,
): Promise<Omit<Outcome, 'acts'>> {
  let outcome: Outcome = { acts: [], answers: [] };
  await ledger.appendAll(
    async (head) => {
      const replayed = key && (await kept?.find(by, key));
      outcome = replayed ? { acts: [], answers: [{ ...replayed, isReplayed: true }] } : await decide(head);
      const { acts, answers } = outcome;
      const [first] = acts;
      const [answer] = answers;
      if (key && first && answer) first.kept = kept?.keep(by, key, answer);
      return acts;
    },
    { ...(actor !== undefined && { actor }), atomic: true, endsRights },
  );
  return outcome;
}
