import type { SeededRandom } from '../../seeded-random.js';
import type { ApplicationFile, EntryFile, GrantFile, Kind, ModelFile } from '../model/files.js';
import { RULES } from '../model/judge.js';
import { grantCaseRules } from '../model/machines/grant-cases.js';
import { fits } from '../model/reading.js';
import type { Act, Rule } from '../model/rules.js';
import { subjectOf } from '../model/subjects.js';
import type { ModelOfficer, World } from '../model/world.js';
import type { Bodies } from './bodies.js';

/** How often a file of each kind is acted on. */
const WEIGHTS: Readonly<Record<string, number>> = {
  catalog: 24,
  applications: 38,
  grants: 16,
  cases: 14,
  demands: 6,
  consents: 3,
  'use-records': 2,
  stops: 7,
  contracts: 1,
};
const KINDS = Object.entries(WEIGHTS).flatMap(([kind, weight]) => Array<Kind>(weight).fill(kind as Kind));
const CREATIONS: readonly Kind[] = [
  ...(['catalog', 'applications', 'applications', 'applications', 'demands', 'cases', 'cases'] as const),
  ...(['use-records', 'use-records', 'consents', 'backflows', 'stops', 'contracts'] as const),
];
const ENDED = ['withdrawn', 'approved', 'refused', 'cancelled', 'closed', 'restored', 'terminated', 'dismissed'];
const GONE = ['revoked', 'expired', 'removed', 'ordered', 'lifted', 'ended'];
const PROVIDERS = ['fujian-civil-affairs', 'fujian-civil-affairs', 'fujian-tax', 'fuzhou-civil-affairs'];
/** More entries than this would be applied for too rarely. */
const ENTRIES_MAX = 24;
/** Kinds without a file are skipped this often. */
const TRIES_MAX = 20;
const BACKWARD = ['put', 'discard', 'cancel', 'edit', 'dismiss', 'withdraw', 'request-withdrawal', 'close', 'revoke'];
const DIGESTED = ['approve', 'sign', 'refuse', 'accept-disposal', 'publish'];

/** Draws acts: mostly plausible ones, and each kind of wrong one sometimes. */
export class Chooser {
  #entries = 0;

  constructor(
    private readonly world: World,
    private readonly random: SeededRandom,
    private readonly bodies: Bodies,
  ) {}

  next(): Act {
    let act: Act | undefined;
    for (let tries = 0; !act && tries < TRIES_MAX; tries++) {
      act = this.random.chance(0.2) ? this.#creation() : this.#onFile();
    }
    act ??= this.#draft();
    return this.random.chance(0.1) ? this.#spoil(act) : act;
  }

  /** Two acts on one file that its state allows, or one of them not; none that needs what is read first. */
  pair(): [Act, Act] | undefined {
    const file = this.#file();
    const acts = [this.#onFile(file), this.#onFile(file)].filter((act) => act !== undefined && isPlain(act)) as Act[];
    return acts.length === 2 ? (acts as [Act, Act]) : undefined;
  }

  #onFile(file = this.#file()): Act | undefined {
    if (!file) return undefined;
    const { random } = this;
    const all = [...RULES[file.kind], ...(file.kind === 'grants' ? grantCaseRules : [])].filter(
      ({ act, who }) => act !== 'create' && who.some((one) => one !== 'bus'),
    );
    const here = all.filter(({ from }) => from.includes(file.state));
    const rule = here.length > 0 && random.chance(0.88) ? this.#onward(here) : random.pick(all);
    const who = this.#whoFor(file, rule);
    const party = this.world.officers.get(who)?.party ?? '';
    const act = { who, kind: file.kind, id: file.id, act: rule.act, ...this.bodies.on(file, rule.act, party) };
    return this.#stamped(isOver(this.world, file) ? { ...act, act: 'cancel', body: {} } : act);
  }

  /** With a digest where one belongs, and sometimes with If-Match. */
  #stamped(act: Act): Act {
    const { random } = this;
    const needed = ['catalog', 'grants'].includes(act.kind);
    const signs = DIGESTED.includes(act.act) && random.chance(needed ? 0.96 : 0.3);
    return {
      ...act,
      ...(signs && { digest: random.chance(0.95) ? ('present' as const) : ('other' as const) }),
      ...(random.chance(0.2) && { ifMatch: random.chance(0.8) ? ('present' as const) : ('stale' as const) }),
    };
  }

  /** A rule, more often one that leads on than one that leads back. */
  #onward(rules: readonly Rule[]): Rule {
    return this.random.pick(rules.flatMap((rule) => Array<Rule>(BACKWARD.includes(rule.act) ? 1 : 4).fill(rule)));
  }

  #file(): ModelFile | undefined {
    const { random } = this;
    const kind = random.pick(KINDS);
    const all = [...this.world.of(kind)];
    const open = all.filter(({ state }) => ![...ENDED, ...GONE].includes(state));
    const files = random.chance(0.96) ? open : all;
    return files.length > 0 ? random.pick(files) : undefined;
  }

  #whoFor(file: ModelFile, rule: Rule): string {
    const { random, world } = this;
    const operator = file.kind === 'stops' && world.operator ? [world.operator] : [];
    const fitting = [...world.officers.values(), ...operator].filter((officer) =>
      rule.who.some((who) => fits(world, officer, file, who)),
    );
    if (fitting.length > 0 && random.chance(0.88)) return random.pick(fitting).id;
    return random.chance(0.04) ? (world.operator as ModelOfficer).id : random.pick([...world.officers.keys()]);
  }

  #creation(): Act | undefined {
    const { random, world } = this;
    const kind = random.pick(CREATIONS);
    if (kind === 'catalog') {
      const live = [...world.of('catalog')].filter(({ state }) => state !== 'withdrawn').length;
      return live < ENTRIES_MAX ? this.#draft() : undefined;
    }
    const who = random.pick([...world.officers.values()]);
    if (kind === 'applications') return this.#apply();
    if (kind === 'demands') {
      const applicant = random.chance(0.9) ? this.#withRole('applicant') : who.id;
      return { who: applicant, kind, act: 'create', body: this.bodies.creation(kind, undefined as never, '') };
    }
    if (kind === 'stops') return this.#stop();
    if (kind === 'contracts') {
      const administrator = random.chance(0.9) ? this.#withRole('administrator') : who.id;
      const { party } = world.officers.get(administrator) as ModelOfficer;
      return { who: administrator, kind, act: 'create', body: this.bodies.contract(party) };
    }
    const entryWise = kind === 'backflows' || (kind === 'consents' && random.chance(0.8));
    const abouts: (EntryFile | GrantFile)[] = entryWise
      ? [...world.of('catalog')].filter(({ published, state }) => published && state !== 'withdrawn')
      : [...world.of('grants')].filter(({ state }) => kind !== 'cases' || state === 'in_force' || random.chance(0.1));
    if (abouts.length === 0) return undefined;
    const about = random.pick(abouts);
    const recipient = random.pick([...world.systems.keys()]);
    const body = this.bodies.creation(kind, about, recipient);
    const demand = about.demand ?? (world.systems.get(recipient) as string);
    const subject = { ...about, kind, own: about.provider as string, demand } as unknown as ModelFile;
    const rule = RULES[kind].find(({ act }) => act === 'create') as Rule;
    return { who: this.#whoFor(subject, rule), kind, act: 'create', body };
  }

  /** Mostly by one who may stop what it names, sometimes for a target that nobody has. */
  #stop(): Act {
    const { world } = this;
    const body = this.bodies.stop();
    const act = { who: '', kind: 'stops' as const, act: 'create', body };
    // The owner sees every target.
    const subject = subjectOf(world, act, { id: '', party: world.owner, roles: [] });
    const rule = RULES.stops.find(({ stands }) => stands?.(world, subject)) as Rule;
    return { ...act, who: this.#whoFor(subject, rule) };
  }

  #withRole(role: string): string {
    return this.random.pick([...this.world.officers.values()].filter(({ roles }) => roles.includes(role))).id;
  }

  #apply(): Act | undefined {
    const { random, world } = this;
    const published = [...world.of('catalog')].filter(
      (file) => (file.published && file.state !== 'withdrawn') || random.chance(0.03),
    );
    if (published.length === 0) return undefined;
    const who = random.chance(0.95) ? this.#withRole('applicant') : random.pick([...world.officers.keys()]);
    const party = world.officers.get(who)?.party ?? '';
    const foreign = published.filter(({ own }) => own !== party);
    if (foreign.length === 0) return undefined;
    return { who, kind: 'applications', act: 'create', ...this.bodies.application(random.pick(foreign), party) };
  }

  #draft(): Act {
    const { random, world } = this;
    const own = random.pick(PROVIDERS);
    const editors = [...world.officers.values()].filter(
      ({ party, roles }) => party === own && roles.includes('catalog_editor'),
    );
    const id = `${own}.e${++this.#entries}`;
    return { who: random.pick(editors).id, kind: 'catalog', id, act: 'put', body: {}, plan: this.bodies.text() };
  }

  /** One thing wrong in the body, or the wrong officer. */
  #spoil(act: Act): Act {
    const { random, world } = this;
    if (act.act === 'put' || random.chance(0.3)) return { ...act, who: random.pick([...world.officers.keys()]) };
    const field = random.pick(Object.keys(act.body).concat('foreign'));
    const { [field]: taken, ...rest } = act.body;
    switch (random.between(0, 3)) {
      case 0:
        return act.kind === 'applications' && act.plan?.application ? act : { ...act, body: rest };
      case 1:
        return { ...act, body: { ...act.body, foreign: 1 } };
      case 2:
        return { ...act, body: { ...act.body, handler: 'fujian-tax' } };
      default:
        return taken === undefined ? act : { ...act, body: { ...rest, [field]: typeof taken === 'object' ? 7 : {} } };
    }
  }
}

const isPlain = ({ digest, ifMatch, plan }: Act): boolean => !digest && !ifMatch && !plan?.open && !plan?.newestProof;

/** An application whose period is over: what an approval of it would mean stands nowhere. */
const isOver = (world: World, file: ModelFile): boolean =>
  file.kind === 'applications' && ((file as ApplicationFile).body.period?.to ?? '9999') <= world.today;
