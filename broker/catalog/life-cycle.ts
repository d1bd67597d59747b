import { SluiceError } from '../../proto/errors.js';

/** `updating`: a draft beside a published version that stays in force. */
export const ENTRY_STATUSES = ['draft', 'published', 'updating', 'withdrawn'] as const;
export type EntryStatus = (typeof ENTRY_STATUSES)[number];

export type EntryAct = 'drafted' | 'draft-discarded' | 'published' | 'withdrawn';

interface Transition {
  from: readonly (EntryStatus | 'none')[];
  to: (from: EntryStatus | 'none') => EntryStatus;
  /** The direct way; the lawful one passes internal approval and the competent department's review. */
  trialOnly: boolean;
}

/** What may follow what. */
const TRANSITIONS: Record<EntryAct, Transition> = {
  drafted: {
    from: ['none', 'draft', 'published', 'updating', 'withdrawn'],
    to: (from) => (from === 'published' || from === 'updating' ? 'updating' : 'draft'),
    trialOnly: false,
  },
  'draft-discarded': { from: ['updating'], to: () => 'published', trialOnly: false },
  published: { from: ['draft', 'updating'], to: () => 'published', trialOnly: true },
  withdrawn: { from: ['published', 'updating'], to: () => 'withdrawn', trialOnly: true },
};

/** The status after the act. Throws CONFLICT or TRIAL_ONLY when the act is not possible. */
export function statusAfter(
  act: EntryAct,
  from: EntryStatus | undefined,
  { trial, entry }: { trial: boolean; entry: string },
): EntryStatus {
  const transition = TRANSITIONS[act];
  if (transition.trialOnly && !trial) {
    throw new SluiceError('TRIAL_ONLY', `entry ${entry} can be ${act} directly in trial mode only`, { entry });
  }
  if (!transition.from.includes(from ?? 'none')) {
    const now = from === undefined ? 'does not exist' : `is ${from}`;
    throw new SluiceError('CONFLICT', `entry ${entry} ${now} and can not be ${act}`, { entry });
  }
  return transition.to(from ?? 'none');
}
