import type { LawfulProblem } from '../../../proto/errors.js';
import { type Calendar, type CalendarDocument, NATIONAL } from '../clock/calendar.js';
import { calendarProblems, effectOf, nextCalendar } from '../clock/calendar-check.js';
import { momentOf } from '../clock/shanghai-days.js';
import { listOf } from '../engine/body-check.js';
import { type ActContext, type Machine, NONE } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';

const YEAR_MIN = 2000;
const YEAR_MAX = 2200;
/** Clocks that are read and computed in one turn: some 10 ms. */
const CLOCKS_PER_PAGE = 1_000;
/** Clocks that are computed in the batch of the calendar; of more, the bus computes all after it. */
const CLOCKS_OF_BATCH_MAX = 500;
/** How long the answer waits for them. */
const SETTLED_MS_MAX = 60_000;

const documentOf = ({ body }: ActContext): CalendarDocument => {
  const { region, year, document = '', off = [], on = [] } = body as Partial<CalendarDocument>;
  return { region: region ?? '', year: year ?? 0, document, off, on };
};

const versionOf = (context: ActContext): Calendar => nextCalendar(context.world.calendars, documentOf(context));

type Effect = ReturnType<typeof effectOf>;

/** Effect of the calendar on all clocks, page by page. */
async function effectOn(context: ActContext): Promise<Effect> {
  const { batch, body, world, nowMs } = context;
  const version = versionOf(context);
  const effect: Effect = { recomputed: [], problems: [] };
  for (let after: number | undefined; ; ) {
    const page = await batch.clocks({
      year: Number(body.year),
      limit: CLOCKS_PER_PAGE,
      ...(after !== undefined && { after }),
    });
    const { recomputed, problems } = effectOf(version, page.clocks, world.rules, nowMs);
    effect.recomputed.push(...recomputed);
    effect.problems.push(...problems);
    if (page.next === undefined) return effect;
    after = page.next;
  }
}

async function effectProblems(context: ActContext): Promise<LawfulProblem[]> {
  const document = documentOf(context);
  const own = calendarProblems(document);
  // A region or year that is missing is reported by itself; without it there is no version to compute clocks by.
  if (own.length > 0 || document.region === '' || document.year === 0)
    return own.map(({ path, text }) => problem(path, 'CALENDAR_INVALID', text));
  const { problems } = await effectOn(context);
  return problems.map(({ path, text }) => problem(path, 'CALENDAR_INVALID', text));
}

export const CALENDARS: Machine = {
  kind: 'calendars',
  available: true,
  isReadByAll: true,
  settled: ({ recomputes }) => recomputes.untilNone(SETTLED_MS_MAX),
  states: ['in_force', 'superseded'],
  transitions: [
    {
      number: 'C1',
      from: [NONE],
      act: 'create',
      example: {
        region: '000000',
        year: 2026,
        document: '国办发明电〔2025〕7号',
        off: ['2026-01-01', '2026-01-02', '2026-01-03'],
        on: ['2026-01-04', '2026-02-14'],
      },
      to: 'in_force',
      who: ['own.competent_reviewer'],
      body: {
        region: { type: 'string', pattern: '^\\d{6}$' },
        year: { type: 'integer', minimum: YEAR_MIN, maximum: YEAR_MAX },
        document: { type: 'string', maxLength: 200 },
        off: listOf({ type: 'string' }, 366),
        on: listOf({ type: 'string' }, 366),
      },
      idOf: (context) => (context.body.region && context.body.year ? versionOf(context).id : undefined),
      sides: ({ body, world }) => {
        const { region } = body as { region?: string };
        if (region === undefined) return undefined;
        if (region === NATIONAL) return { own: world.settings.owner };
        const ofRegion = world.parties.list().find((party) => party.competent && party.regionCode === region);
        return { own: ofRegion?.id ?? '' };
      },
      guard: ['region', 'year', 'off', 'on', { name: 'a valid calendar', check: effectProblems }],
      apply: async (context) => {
        const { file, world, nowMs } = context;
        const version = versionOf(context);
        const document = documentOf(context);
        const { recomputed } = await effectOn(context);
        file.document = { id: file.id, ...document };
        context.once.recomputed = recomputed;
        const previous =
          version.version > 1 ? `${file.id.slice(0, file.id.lastIndexOf('.'))}.${version.version - 1}` : undefined;
        if (previous !== undefined)
          await context.follow({ ref: { kind: 'calendars', id: previous }, act: 'supersede' });
        if (recomputed.length > CLOCKS_OF_BATCH_MAX) file.memo.recomputesAt = momentOf(nowMs);
        else await context.recompute(world.calendars.plus(version), recomputed);
      },
      article: 'R21',
    },
    { number: 'C2', from: ['in_force'], act: 'supersede', to: 'superseded', who: ['bus'], article: 'R21' },
  ],
};
