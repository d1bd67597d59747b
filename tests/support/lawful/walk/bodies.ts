import type { SeededRandom } from '../../seeded-random.js';
import { plusDays } from '../model/calendar.js';
import type {
  ApplicationFile,
  CaseFile,
  DemandFile,
  EntryFile,
  EntryText,
  GrantFile,
  ModelFile,
  StopScope,
} from '../model/files.js';
import { GROUNDS } from '../model/machines/cases.js';
import { LISTED_CONDITION } from '../model/machines/reply.js';
import type { Act, Plan } from '../model/rules.js';
import { stopsOn } from '../model/stops.js';
import type { World } from '../model/world.js';
import { applicationOf, IDENTIFIER, REGION } from './documents.js';

type Content = Pick<Act, 'body'> & { plan?: Plan };
type Json = Record<string, unknown>;

const REASON = 'the file says why';
const LACKS = ['catalogLevel', 'dataClass', 'piAssessment', 'correctionChannel', 'disposalRequirement'];
const PARTS = ['basis', 'scenario', 'range', 'mode', 'dutyBasis', 'piGround', 'piAssessment', 'truthStatement'];
/** The first one is none before there is a version. */
const FAULTS = ['type', 'secret', 'core', 'standards', 'promise'];

/** Bodies of acts, mostly right ones; what the guard refuses is among them, since it belongs to the model. */
export class Bodies {
  #edition = 0;

  constructor(
    private readonly world: World,
    private readonly random: SeededRandom,
    /** Party → digest of an attachment that its officers stored. */
    private readonly papers: ReadonlyMap<string, string>,
  ) {}

  /** The body of an act on a file. */
  on(file: ModelFile, act: string, party: string): Content {
    switch (file.kind) {
      case 'catalog':
        return this.#catalog(file, act);
      case 'applications':
        return this.#application(file, act);
      case 'grants':
        return this.#grant(file, act, party);
      case 'cases':
        return this.#case(file, act, party);
      case 'demands':
        return { body: this.#demand(file, act) };
      default:
        return { body: ['revoke', 'lift', 'end'].includes(act) ? { reason: REASON } : {} };
    }
  }

  /** A new text of an entry; of an existing one mostly with its attribute and items. */
  text(file?: EntryFile): Plan {
    const { random } = this;
    const before = file?.text;
    const faults = file?.published ? FAULTS : FAULTS.slice(1);
    const attribute = before?.attribute ?? random.pick(['conditional', 'conditional', 'unconditional', 'not_shared']);
    const optional = [REGION, 'alpha', 'beta', 'gamma'];
    const keeps = before && random.chance(0.7);
    const items = keeps ? before.items : [IDENTIFIER, ...optional.filter(() => random.chance(0.75))];
    const text: EntryText = {
      edition: ++this.#edition,
      attribute,
      items,
      lacks: random.chance(0.2) ? LACKS.filter(() => random.chance(0.4)) : [],
      promised: random.chance(0.3) ? { D4: random.between(3, 9), D6: random.between(5, 15) } : {},
      ...(random.chance(0.8) && { withinDays: random.between(10, 40) }),
      ...(attribute === 'not_shared' && { rank: random.chance(0.7) ? 'law' : 'local_rule' }),
    };
    if (text.lacks.includes('disposalRequirement')) delete text.withinDays;
    return { text, ...(random.chance(0.08) && { fault: random.pick(faults) }) };
  }

  /** An application for an entry; `party` has the system. */
  application(entry: EntryFile, party: string): Content {
    const { random, world } = this;
    const known = entry.published?.text.items ?? [IDENTIFIER];
    const items = known.filter((name) => name === IDENTIFIER || random.chance(0.7));
    if (random.chance(0.03)) items.push('unheard');
    const from = plusDays(world.today, random.chance(0.7) ? 0 : random.between(1, 12));
    const system = [...world.systems].find(([, owner]) => owner === party)?.[0] ?? 'maternal-health';
    const application = {
      entry: random.chance(0.03) ? `${entry.own}.unheard` : entry.id,
      system,
      items,
      period: { from, to: plusDays(from, random.between(45, 200)) },
      lacks: random.chance(0.1) ? PARTS.filter(() => random.chance(0.3)) : [],
    };
    return { body: applicationOf(application), plan: { application } };
  }

  #catalog(file: EntryFile, act: string): Content {
    const { random, world } = this;
    switch (act) {
      case 'put':
        return { body: {}, plan: random.chance(0.1) ? { text: file.text } : this.text(file) };
      case 'trigger': {
        const date = plusDays(world.today, random.pick([0, 0, 0, -1, -5, -20, 1]));
        return { body: { trigger: { type: 'law', date, document: 'Law on names' } } };
      }
      case 'ask-extension':
        return { body: { days: random.between(1, 6), reason: REASON } };
      case 'extend':
        return { body: { days: random.between(1, (file.extension?.asked ?? 4) + 1) } };
      case 'return':
      case 'request-withdrawal':
        return { body: { reason: REASON } };
      default:
        return { body: {} };
    }
  }

  #application(file: ApplicationFile, act: string): Content {
    const { random } = this;
    switch (act) {
      case 'edit':
        return this.application(
          this.world.find('catalog', file.body.entry) ?? random.pick([...this.world.of('catalog')]),
          file.own,
        );
      case 'ask-supplement':
        return { body: { missing: random.pick([['order'], ['order', 'map']]) } };
      case 'supplement':
        return { body: { parts: this.#parts(file.missing ?? ['order']) } };
      case 'ask-extension':
        return { body: { days: random.between(1, 11), reason: REASON } };
      case 'extend':
        return { body: { days: random.between(1, (file.extension?.asked ?? 4) + 1) } };
      case 'prepare':
        return { body: { reply: random.chance(0.7) ? this.#reply(file) : this.#refusal(file) } };
      case 'approve':
        return { body: this.#reply(file) };
      case 'refuse':
        return { body: this.#refusal(file) };
      default:
        return { body: {} };
    }
  }

  #parts(missing: readonly string[]): Json[] {
    return missing
      .filter(() => !this.random.chance(0.05))
      .map((one) => ({ missing: one, ...(!this.random.chance(0.05) && { text: 'no. 7' }) }));
  }

  #reply({ body, frozen }: ApplicationFile): Json {
    const { random } = this;
    const leaves = frozen?.attribute === 'conditional' ? 0.3 : 0.03;
    const left = body.items.filter((name) => name !== IDENTIFIER && random.chance(leaves));
    const items = body.items.filter((name) => !left.includes(name) && !random.chance(0.02));
    if (random.chance(0.02)) items.push('unheard');
    const transformed = random.chance(0.02);
    const because = random.chance(0.05) ? 'tired' : 'not_necessary';
    return {
      items: items.map((name) => (transformed ? { name, transform: 'hash' } : name)),
      leftOut: left.map((name) => ({ item: name, code: because, ...(!random.chance(0.05) && { reason: REASON }) })),
      ...(random.chance(0.15) && { conditions: [random.chance(0.7) ? LISTED_CONDITION : 'pay'] }),
    };
  }

  #refusal({ frozen }: ApplicationFile): Json {
    const { random } = this;
    const right = frozen?.attribute === 'unconditional' ? 'no_duty_basis' : 'not_necessary';
    return {
      code: random.chance(0.8) ? right : random.pick(['papers_missing', 'security', 'tired']),
      ...(!random.chance(0.1) && { reason: REASON }),
    };
  }

  #grant(file: GrantFile, act: string, party: string): Content {
    const { random } = this;
    switch (act) {
      case 'verify-endpoint': {
        const begun = file.state === 'provisioning' && file.period.from <= this.world.today;
        const entry = this.world.find('catalog', file.entry);
        const isStopped = stopsOn(this.world, file).length > 0;
        const serves = begun && !isStopped && entry !== undefined && entry.state !== 'withdrawn';
        return { body: {}, plan: { open: serves && random.chance(0.6) } };
      }
      case 'dispose':
        return {
          body: { reason: random.chance(0.85) ? random.pick(['reached', 'impossible', 'not_needed']) : 'tired' },
        };
      case 'prove-disposal':
        return {
          body: {
            method: random.chance(0.8) ? 'destroyed' : 'retained_by_law',
            statement: 'all copies',
            attachments: this.#attachments(party),
          },
        };
      case 'terminate':
        return { body: { finding: random.pick(['refused', 'inadequate']), reason: REASON } };
      case 'restore':
        return { body: { missed: random.pick(['deliver', 'skip']) } };
      case 'suspend':
      case 'reject-disposal':
        return { body: { reason: REASON } };
      default:
        return { body: {} };
    }
  }

  /** Mostly one digest, of a paper that the party stored. */
  #attachments(party: string): string[] {
    const paper = this.papers.get(party);
    return paper === undefined || this.random.chance(0.1) ? [] : [paper];
  }

  #case(_file: CaseFile, act: string, party: string): Content {
    const { random, world } = this;
    switch (act) {
      case 'order':
        return { body: { demands: 'put it right', due: plusDays(world.today, random.between(0, 12)) } };
      case 'prove':
        return { body: { statement: 'done', attachments: this.#attachments(party) } };
      case 'restore':
        return {
          body: { proof: 1, missed: random.pick(['deliver', 'skip']) },
          plan: { newestProof: random.chance(0.85) },
        };
      case 'terminate':
        return { body: random.chance(0.6) ? { finding: 'refused', reason: REASON } : {} };
      default:
        return { body: { reason: REASON } };
    }
  }

  #demand(file: DemandFile, act: string): Json {
    const { random, world } = this;
    const parties = [...world.parties.keys()].filter((party) => party !== file.own);
    switch (act) {
      case 'ask-provider':
        return { party: random.pick(parties), text: 'have you got it?' };
      case 'answer':
        return { possible: random.chance(0.5), text: 'no', ...(random.chance(0.8) && { reason: REASON }) };
      case 'point':
        return { entry: random.pick([...world.of('catalog')].map(({ id }) => id).concat(`${file.own}.unheard`)) };
      default:
        return { reason: REASON };
    }
  }

  /** A body that stops an entry, a system, a party or the node. */
  stop(): Json {
    const { random, world } = this;
    const standing = [...world.of('stops')].filter(({ state }) => state === 'standing');
    if (standing.length > 0 && random.chance(0.2)) {
      const { scope, target } = random.pick(standing);
      return { scope, target, reason: REASON };
    }
    const scope = random.pick(['entry', 'entry', 'system', 'party', 'node'] as const);
    const targets: Readonly<Record<StopScope, readonly (string | undefined)[]>> = {
      entry: [...world.of('catalog')].map(({ id }) => id),
      system: [...world.systems.keys(), ...world.systems.keys(), ...world.sources.keys()],
      // Most grants are between these.
      party: [...world.systems.values(), ...world.sources.values(), ...world.parties.keys()],
      node: [undefined, world.owner],
    };
    const target = random.chance(0.05) || targets[scope].length === 0 ? 'unheard' : random.pick(targets[scope]);
    const incident = random.chance(0.03) && { incident: 'in-7f3k2m9q1x0c' };
    return { scope, ...(target !== undefined && { target }), reason: REASON, ...incident };
  }

  /** A body that lets a contractor work on systems of the party. */
  contract(party: string): Json {
    const { random, world } = this;
    const systems = [...world.systems, ...world.sources].filter(([, own]) => own === party).map(([id]) => id);
    const [from, to] = [world.today, plusDays(world.today, random.between(1, 60))];
    return { contractor: 'Minjiang Data', number: 'C-7', approval: 'No. 7', from, to, systems };
  }

  /** A body that makes a file about a grant or an entry. */
  creation(kind: string, about: GrantFile | EntryFile, recipient: string): Json {
    const { random, world } = this;
    switch (kind) {
      case 'cases':
        return { grant: about.id, ground: random.pick(GROUNDS), evidence: 'a leaked list' };
      case 'use-records':
        return {
          grant: about.id,
          kind: random.pick(['scenario', 'destruction', 'destruction', 'storage']),
          text: 'vaccination calendar',
        };
      case 'backflows':
        return { entry: about.id, system: recipient, items: [IDENTIFIER, REGION].map((name) => ({ name })) };
      case 'consents':
        return this.#consent(about, plusDays(world.today, random.between(-1, 30)));
      default:
        return { title: 'newborns', items: ['date of birth'], dutyBasis: 'Law, article 24', scenario: 'vaccination' };
    }
  }

  #consent(about: GrantFile | EntryFile, until: string): Json {
    if (about.kind === 'catalog') return { kind: 'standing', entry: about.id, until };
    return { kind: 'onward', grant: about.id, items: [IDENTIFIER], toParty: 'fujian-tax', until };
  }
}
