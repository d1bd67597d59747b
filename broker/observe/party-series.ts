import type { PartyFigure, PartyFigureKind } from './party-figures.js';

/** A figure of each party that has something to act on. */
export interface PartyFamily {
  kind: PartyFigureKind;
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  /** Label of the cause. */
  label: 'code' | 'quota' | undefined;
}

const counter = (kind: PartyFigureKind, help: string, label?: PartyFamily['label']): PartyFamily => ({
  kind,
  name: `sluice_party_${kind}_total`,
  type: 'counter',
  help: `${help} since this broker started; absent before the first`,
  label,
});

const gauge = (kind: PartyFigureKind, help: string): PartyFamily => ({
  kind,
  name: `sluice_party_${kind}`,
  type: 'gauge',
  help: `${help}; absent without one`,
  label: undefined,
});

/** Alerts are sent by their label `party`. */
export const PARTY_FAMILIES: readonly PartyFamily[] = [
  counter('quarantined_events', 'Refused events of systems of the party that were kept', 'code'),
  counter('quarantine_missed_events', 'Refused events of systems of the party that were not kept'),
  counter('quota_refusals', 'Events and requests of the party that a quota refused, or kept no record of', 'quota'),
  counter('dead_letters', 'Events that subscribers of the party rejected'),
  counter(
    'sessions_closed',
    'Sessions of the party closed because the client sent no heartbeat or did not read',
    'code',
  ),
  counter('notices_given_up', 'Notices that the webhook of the party did not take for 24 hours'),
  gauge(
    'waiting_notices',
    'Notices that wait for the webhook of the party to take them, at the broker that sends them',
  ),
  gauge('quarantine_oldest_age_seconds', 'Age of the oldest refused event of the party that is kept'),
];

/** The series of a figure, without the name. */
export const partySeries = ({ label }: PartyFamily, { party, cause, count }: PartyFigure): string =>
  label === undefined ? `{party="${party}"} ${count}` : `{party="${party}",${label}="${cause}"} ${count}`;
