import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Body } from '../../lawful-bus.js';
import { plusDays } from '../../model/calendar.js';
import type { ModelClock } from '../../model/clocks.js';
import type { GrantFile, ModelFile } from '../../model/files.js';
import { RULES } from '../../model/judge.js';
import { lockedUntil } from '../../model/machines/small-files.js';
import { fits, seesNewer, stateFor } from '../../model/reading.js';
import { stopsOn } from '../../model/stops.js';
import type { ModelOfficer, World } from '../../model/world.js';
import type { Difference } from './difference.js';
import { documentDifferences } from './documents.js';

/** Everything in which an answer about a file differs from what the model expects an officer to be shown. */
export function differences(world: World, officer: ModelOfficer, file: ModelFile, answer: Body): Difference[] {
  const found: Difference[] = [];
  const same = (what: string, model: unknown, bus: unknown): void => {
    if (JSON.stringify(model) !== JSON.stringify(bus)) found.push({ what, model, bus });
  };
  same('file', { kind: file.kind, id: file.id }, answer.file);
  same('kind', file.kind === 'grants' ? file.grantKind : file.kind, answer.kind);
  same('state', stateFor(world, officer, file), answer.state);
  if (file.kind === 'grants' && answer.document !== undefined) found.push(...stopDifferences(world, file, answer));
  if (file.kind === 'grants' && answer.status !== undefined) same('status', file.status, answer.status);
  // A review that runs is a matter of the newer version.
  const clocks = file.clocks.filter(({ id, done }) => id !== 'D2' || done || seesNewer(world, officer, file));
  same('clocks', clocks.map(shownClock), answer.clocks?.map(readClock));
  same('next', nextOf(world, officer, file), answer.next?.map(({ act }: Body) => act).sort());
  for (const { act, who } of answer.next ?? []) {
    if (!fits(world, officer, file, who)) found.push({ what: `who of ${act}`, model: officer.roles, bus: who });
  }
  if (!(file.kind === 'grants' && file.grantKind === 'backflow')) same('links', linksOf(file), readLinks(answer));
  const whole = answer.document !== undefined && file.kind !== 'catalog';
  if (whole && file.kind === 'use-records') {
    const grant = world.find('grants', file.grant);
    if (grant) same('lockedUntil', lockedUntil(grant, file) ?? null, answer.document.lockedUntil);
  }
  if (whole) found.push(...documentDifferences(file, answer.document));
  if (whole) same('digest', digestOf(answer.document), answer.digest);
  const readsHistory = Array.isArray(answer.history) && (file.kind !== 'catalog' || officer.party === file.own);
  if (readsHistory) same('history', file.history.map(shownRecord), readHistory(answer, file.kind));
  return found;
}

/** One of the stops that stand is shown, by its scope. */
function stopDifferences(world: World, file: GrantFile, { stopped }: Body): Difference[] {
  const scopes: string[] = stopsOn(world, file).map(({ scope }) => scope);
  const same = scopes.length === 0 ? stopped === undefined : scopes.includes(stopped);
  return same ? [] : [{ what: 'stopped', model: scopes, bus: stopped }];
}

const shownRecord = ({ act, actor, from, to, clock }: ModelFile['history'][number]): object => ({
  act,
  actor,
  from: from ?? '–',
  to,
  ...(clock !== undefined && { clock }),
});

const NO_ACTS = ['read', 'recomputed', 'met'];
/** The lock of a use record is set with the end of its grant. */
const LOCKED = 'grant-ended';

/** Readings, recounted clocks and locks that are over are on record as well, and no acts. */
const readHistory = (answer: Body, kind: string): object[] =>
  answer.history
    .filter(({ act }: Body) => !NO_ACTS.includes(act) && !(kind === 'use-records' && act === LOCKED))
    .map(({ act, actor, from, to, clock }: Body) => shownRecord({ act, actor, from, to, clock }));

/** The part of a clock that model and bus write alike. Only working days have a length and a calendar to compare. */
const alike = ({ id, unit, due, party, provisional, pausedDays, extendedDays, state, length, calendar }: Body) => ({
  id,
  unit,
  due,
  length: unit === 'wd' ? length : 0,
  party,
  provisional,
  pausedDays,
  extendedDays,
  calendar: unit === 'wd' ? calendar : null,
  state,
});

const shownClock = (clock: ModelClock): object => [
  alike(clock),
  { start: clock.start, lateFrom: plusDays(clock.due, 1), done: clock.done },
];

function readClock(clock: Body): object {
  const midnight = /T00:00:00(\.000)?\+08:00$/.test(clock.lateFrom);
  const lateFrom = midnight ? clock.lateFrom.slice(0, 10) : clock.lateFrom;
  return [alike(clock), { start: clock.start.slice(0, 10), lateFrom, done: clock.doneAt !== undefined }];
}

/** Acts that state, role and relation give an officer. */
function nextOf(world: World, officer: ModelOfficer, file: ModelFile): string[] {
  const { state } = file;
  const acts = RULES[file.kind]
    .filter(({ from, who }) => from.includes(state) && who.some((one) => fits(world, officer, file, one)))
    .filter(({ stands }) => stands?.(world, file) ?? true)
    .map(({ act }) => act);
  return [...new Set(acts)].sort();
}

function linksOf(file: ModelFile): object {
  switch (file.kind) {
    case 'applications':
      return {
        grant: file.grant ? `/v1/grants/${file.grant}` : undefined,
        dispute: file.state === 'refused' ? '/v1/disputes' : undefined,
      };
    case 'grants':
      return { application: file.application ? `/v1/applications/${file.application}` : undefined };
    default:
      return {};
  }
}

function readLinks({ links, file: { kind } }: Body): object {
  if (kind === 'applications') return { grant: links.grant, dispute: links.dispute };
  return kind === 'grants' ? { application: links.application } : {};
}

const digestOf = (document: unknown): string =>
  createHash('sha256')
    .update(canonicalize(document) as string)
    .digest('hex');
