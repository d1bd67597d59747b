import type { FastifyInstance } from 'fastify';
import type { Role } from '../../parties/officer.js';
import type { Action } from '../../parties/permissions.js';
import type { SystemRight } from '../../parties/system.js';

/**
 * The callers of a route, as far as the head of the request decides it. `officer` names the action that some role of the
 * officer must allow for some party; whether it does for the party in question is for the service, which has read the body.
 */
export type Access =
  /** Health, metrics and documentation: no credential, throttled per address. */
  | 'open'
  /** Everybody with a credential. */
  | 'anybody'
  /** Everybody with a credential but the canary, whose tokens open its own stream and nothing else. */
  | 'department'
  | 'nobody'
  | { system: SystemRight; ticket?: true }
  | { officer: Action | readonly Action[] };

/** Media type → bytes that a body of that type may have here. Absent: the route takes no body, an empty one or `{}`. */
export type BodyRule = Readonly<Record<string, number>>;

declare module 'fastify' {
  interface FastifyRequest {
    /** SHA-256, in hex, of the bytes of the body, on routes that ask for it. */
    bodyDigest: string | undefined;
  }
  interface FastifyContextConfig {
    access?: Access;
    /**
     * Platform operators and contractors of a registered bus that may call the route; everywhere else they are refused before
     * anything of the request is read.
     */
    outsiders?: readonly Role[];
    /** The call goes on for long, and no further than the office of its caller, as every GET. */
    endsWithOffice?: true;
    /** Payload of a grant: a contractor reads it during an access alone. */
    payload?: boolean;
    body?: BodyRule;
    /** The body is handed to the route as its bytes, and what is wrong with its form is BAD_REQUEST. */
    raw?: boolean;
    /** Media type of a body that the route itself reads, as a stream without end. */
    stream?: string;
    /** Elements that an array as body may have, and bytes of any other value. */
    elementsMax?: number;
    singleBytesMax?: number;
    /** Keeps the digest of the body's bytes, by which a request that comes again is known. */
    digestsBody?: boolean;
    /** Answers the methods that the path does not take. */
    isForOtherMethods?: true;
  }
}

/** Whatever a client states, or nothing: the bytes are not looked at. Routes of that rule are `raw`. */
export const ANY_TYPE = '*/*';
export const JSON_TYPE = 'application/json';
export const NDJSON_TYPE = 'application/x-ndjson';
export const YAML_TYPE = 'application/yaml';

/** An act with a reason, or another handful of fields. A reason has 2,000 characters, each of which may be escaped as 12 bytes. */
export const SMALL_JSON: BodyRule = { [JSON_TYPE]: 32 * 1024 };

/** Makes a route without a rule fail when it is registered, so that forgetting one does not open it to everybody. */
export function requireRouteRules(app: FastifyInstance): void {
  app.addHook('onRoute', ({ url, config }) => {
    if (config?.access === undefined)
      throw new TypeError(`route ${url} does not state who may call it (config.access)`);
  });
}
