/** Ids of types below it are PostgreSQL's own, which nobody alters. */
const FIRST_OWN_TYPE = 16_384;

/**
 * SQL of a digest of the type that a row of `pg_attribute` has; null for PostgreSQL's own types. Renaming a label of an enum, or altering
 * a composite type, changes the text of stored values without touching the rows, their table or its columns.
 */
export const typeDigest = (attribute: string): string => `CASE WHEN ${attribute}.atttypid >= ${FIRST_OWN_TYPE} THEN (
  WITH RECURSIVE parts (id) AS (
    SELECT ${attribute}.atttypid UNION
    SELECT below.id FROM parts JOIN pg_type whole ON whole.oid = parts.id CROSS JOIN LATERAL (
      SELECT whole.typelem UNION ALL SELECT whole.typbasetype
      UNION ALL SELECT rngsubtype FROM pg_range WHERE rngtypid = whole.oid
      UNION ALL SELECT member.atttypid FROM pg_attribute member WHERE member.attrelid = whole.typrelid AND member.attnum > 0
    ) AS below (id) WHERE below.id <> 0)
  SELECT md5(string_agg(fact, ' ' ORDER BY fact)) FROM (
    SELECT concat_ws(',', 'label', label.oid, enumlabel) FROM parts JOIN pg_enum label ON label.enumtypid = parts.id
    UNION ALL SELECT concat_ws(',', 'member', member.attrelid, member.attnum, member.xmin)
      FROM parts JOIN pg_type whole ON whole.oid = parts.id JOIN pg_attribute member ON member.attrelid = whole.typrelid AND member.attnum > 0
  ) AS facts (fact)) END`;
