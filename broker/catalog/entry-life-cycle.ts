import { StateMachine } from '../transitions/state-machine.js';
import { GIVEN_REASON, NONE, type Transition, type WithReason } from '../transitions/transition.js';

/** `updating`: a draft lies beside a published version, which stays in force. */
export type EntryStatus = 'draft' | 'published' | 'updating' | 'withdrawn';

/** Names of acts as the ledger records them. */
export type EntryAct = 'drafted' | 'draft-discarded' | 'published' | 'withdrawn';

/**
 * The life cycle of an entry on a trial bus, without internal approval and without the review of the competent
 * department, which the lawful procedure puts between a draft and its publication.
 */
const TRANSITIONS: Transition<EntryStatus, EntryAct, WithReason>[] = [
  { number: 'TE1', from: [NONE, 'draft', 'withdrawn'], act: 'drafted', to: 'draft', who: 'catalog.edit' },
  { number: 'TE2', from: ['published', 'updating'], act: 'drafted', to: 'updating', who: 'catalog.edit' },
  { number: 'TE3', from: ['updating'], act: 'draft-discarded', to: 'published', who: 'catalog.edit' },
  {
    number: 'TE4',
    from: ['draft', 'updating'],
    act: 'published',
    to: 'published',
    who: 'catalog.publish',
    trialOnly: true,
  },
  {
    number: 'TE5',
    from: ['published', 'updating'],
    act: 'withdrawn',
    to: 'withdrawn',
    who: 'catalog.publish',
    trialOnly: true,
    guards: [GIVEN_REASON],
  },
];

export const ENTRY_LIFE_CYCLE = new StateMachine<EntryStatus, EntryAct, WithReason>('entry', TRANSITIONS);
