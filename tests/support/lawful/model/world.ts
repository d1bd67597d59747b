import { WorkCalendar } from './calendar.js';
import type { Kind, ModelFile } from './files.js';

export interface ModelOfficer {
  id: string;
  party: string;
  roles: readonly string[];
}

export interface ModelParty {
  id: string;
  competent: boolean;
  superior?: string;
  regionCode: string;
  level: string;
}

export interface ModelViolation {
  /** Its attempt was sent twice as the first answer was lost, and may have been judged twice. */
  isSentTwice?: boolean;
  code: string;
  party: string;
  kind: Kind;
  id: string;
  clock?: string;
  act?: string;
}

export interface ModelNotice {
  to: string;
  /** The act, or what has happened to a clock. */
  kind: string;
  /** `kind/id` of a file; none of a refused attempt. */
  about?: string;
  clock?: string;
  /** As of a violation. */
  isSentTwice?: boolean;
}

type FileOf<K extends Kind> = Extract<ModelFile, { kind: K }>;

/** Everything that the model holds: who there is, what day it is, and each file. */
export class World {
  readonly calendar = new WorkCalendar();
  readonly officers = new Map<string, ModelOfficer>();
  readonly parties = new Map<string, ModelParty>();
  /** System → its party, of those that may subscribe. */
  readonly systems = new Map<string, string>();
  /** System → its party, of those that publish. */
  readonly sources = new Map<string, string>();
  /** Parties that have a work body with a head in office. */
  readonly bodies = new Set<string>();
  readonly files = new Map<string, ModelFile>();
  /** Every file that there ever was. */
  readonly known = new Set<string>();
  readonly violations: ModelViolation[] = [];
  readonly notices: ModelNotice[] = [];
  /** The party that the platform belongs to. */
  owner = '';
  /** The platform operator, who may stop the node and lift that. */
  operator: ModelOfficer | undefined;
  /** Day of the bus's time in Asia/Shanghai. */
  today = '';

  find<K extends Kind>(kind: K, id: string | undefined): FileOf<K> | undefined {
    return this.files.get(`${kind}/${id}`) as FileOf<K> | undefined;
  }

  /** A file that another one names. Throws when there is none. */
  get<K extends Kind>(kind: K, id: string | undefined): FileOf<K> {
    const file = this.find(kind, id);
    if (!file) throw new RangeError(`the model has no ${kind}/${id}`);
    return file;
  }

  put(file: ModelFile): void {
    this.known.add(`${file.kind}/${file.id}`);
    this.files.set(`${file.kind}/${file.id}`, file);
  }

  remove(file: ModelFile): void {
    this.files.delete(`${file.kind}/${file.id}`);
  }

  *of<K extends Kind>(kind: K): Generator<FileOf<K>> {
    for (const file of this.files.values()) if (file.kind === kind) yield file as FileOf<K>;
  }

  violate(violation: ModelViolation): void {
    this.violations.push(violation);
  }

  /** The competent department of a party's own level and region; of a competent department itself. */
  peer(party: string): string {
    const { competent, superior } = this.parties.get(party) as ModelParty;
    return competent ? party : (superior as string);
  }

  /** The lowest competent department above a competent department. */
  superior(competent: string): string | undefined {
    return this.parties.get(competent)?.superior;
  }

  /** The peer where both have the same one, else the lowest competent department above both. */
  handler(one: string, other: string): string {
    const above = (party: string): string[] => {
      const peer = this.peer(party);
      const next = this.superior(peer);
      return next === undefined ? [peer] : [peer, next];
    };
    return above(one).find((party) => above(other).includes(party)) as string;
  }
}
