import type { HttpSchema } from '../../../proto/http/document-schemas.js';

const REFERENCE = /"\$ref":"#\/components\/schemas\/([^"]+)"/g;

/** The schemas that the paths refer to, directly or through another: a trial bus and a registered one use different ones. */
export function usedSchemas(paths: unknown, schemas: Record<string, HttpSchema>): Record<string, HttpSchema> {
  const used = new Set<string>();
  const look = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(REFERENCE)) {
      if (used.has(name)) continue;
      used.add(name);
      look(schemas[name] ?? {});
    }
  };
  look(paths);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
}
