import type pg from 'pg';
import { SourceUnfitError } from '../../runtime/connector-errors.js';
import { quoteIdentifier, quoteTable } from '../../runtime/postgres-client.js';
import type { TableConfig } from '../config.js';
import type { TableFacts } from './table-facts.js';
import { GENERATED_COLUMNS_VERSION } from './table-problems.js';

/** Row filters, column lists and schemas in publications exist from this version on. */
const FILTERS_VERSION = 150_000;

/** A publication as the system catalog describes it. */
interface Publication {
  /** Distinguishes it from one that was dropped, created again or altered. */
  version: string;
  isOwn: boolean;
  missingOperations: string[];
  publishesGenerated: boolean;
  /** Membership of a table: the row of the catalog that it stands on. */
  memberOf(table: PublishedTable): Membership | undefined;
  members: ReadonlyMap<string, Membership>;
}

interface Membership {
  version: string;
  hasFilter: boolean;
  hasColumnList: boolean;
}

export interface PublishedTable {
  config: TableConfig;
  facts: TableFacts;
}

export interface PublicationRequest {
  name: string;
  connector: string;
  tables: readonly PublishedTable[];
  serverVersion: number;
}

type CatalogRow = Record<string, string | null>;

/**
 * Creates the publication, or alters one that this connector has created; one that somebody else has prepared is only checked.
 * Throws SourceUnfitError when it would leave changes out or make statements of the department fail.
 * Resolves with a string for each table that differs when the table was out of the publication in between, and whether the
 * publication was created.
 */
export async function preparePublication(
  client: pg.Client,
  request: PublicationRequest,
): Promise<{ memberships: Map<string, string>; isNew: boolean }> {
  const before = await readPublication(client, request);
  if (!before) await createPublication(client, request);
  else if (before.isOwn && problemsOf(before, request).length > 0) await alterPublication(client, request);
  const publication = before && !before.isOwn ? before : await readPublication(client, request);
  const problems = publication ? problemsOf(publication, request) : ['it was dropped just now'];
  if (!publication || problems.length > 0) {
    throw new SourceUnfitError(
      `publication ${request.name} was not created by this connector, which does not change it:\n- ${problems.join('\n- ')}`,
    );
  }
  const memberships = request.tables.map((table): [string, string] => [
    table.facts.oid,
    `${publication.version} ${publication.memberOf(table)!.version}`,
  ]);
  return { memberships: new Map(memberships), isNew: before === undefined };
}

/**
 * Takes tables out of this connector's own publication: PostgreSQL refuses updates of a published table whose replica identity
 * has become unfit, and the department's statements come first.
 */
export async function withdrawTables(client: pg.Client, request: PublicationRequest): Promise<void> {
  const publication = await readPublication(client, request);
  if (!publication?.isOwn) return;
  const members = request.tables.filter(({ facts }) => publication.members.has(facts.oid));
  if (members.length === 0) return;
  await client.query(`ALTER PUBLICATION ${quoteIdentifier(request.name)} DROP TABLE ${tableList(members)}`);
}

function problemsOf(publication: Publication, { name, tables, serverVersion }: PublicationRequest): string[] {
  const problems = publication.missingOperations.map(
    (operation) =>
      `it does not publish ${operation}: ALTER PUBLICATION ${name} SET (publish = 'insert, update, delete, truncate')`,
  );
  for (const table of tables) {
    const { schema, table: tableName } = table.config;
    const of = `table ${schema}.${tableName}`;
    const member = publication.memberOf(table);
    if (!member) problems.push(`${of} is not in it: ALTER PUBLICATION ${name} ADD TABLE ONLY ${schema}.${tableName}`);
    if (member?.hasFilter) problems.push(`it leaves out rows of ${of} by WHERE`);
    if (member?.hasColumnList) problems.push(`it leaves out columns of ${of}, so PostgreSQL refuses updates of it`);
    const generated = [...table.facts.columns].filter(([, column]) => column.generated === 'stored');
    if (serverVersion >= GENERATED_COLUMNS_VERSION && generated.length > 0 && !publication.publishesGenerated) {
      const columns = generated.map(([column]) => column).join(', ');
      problems.push(
        `it does not publish the generated column ${columns} of ${of}, so PostgreSQL refuses updates of it: ` +
          `ALTER PUBLICATION ${name} SET (publish_generated_columns = stored)`,
      );
    }
  }
  return problems;
}

async function createPublication(client: pg.Client, request: PublicationRequest): Promise<void> {
  const name = quoteIdentifier(request.name);
  await inTransaction(client, [
    `CREATE PUBLICATION ${name} FOR TABLE ${tableList(request.tables)} WITH (${optionsOf(request)})`,
    `COMMENT ON PUBLICATION ${name} IS '${ownerComment(request)}'`,
  ]);
}

async function alterPublication(client: pg.Client, request: PublicationRequest): Promise<void> {
  const name = quoteIdentifier(request.name);
  await inTransaction(client, [
    `ALTER PUBLICATION ${name} SET TABLE ${tableList(request.tables)}`,
    `ALTER PUBLICATION ${name} SET (${optionsOf(request)})`,
  ]);
}

async function inTransaction(client: pg.Client, statements: readonly string[]): Promise<void> {
  await client.query('BEGIN');
  try {
    for (const statement of statements) await client.query(statement);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Stored generated columns are published always: one that is added later would make updates fail otherwise. */
const optionsOf = ({ serverVersion }: PublicationRequest): string =>
  `publish = 'insert, update, delete, truncate'${
    serverVersion >= GENERATED_COLUMNS_VERSION ? ', publish_generated_columns = stored' : ''
  }`;

const tableList = (tables: readonly PublishedTable[]): string =>
  tables.map(({ config }) => `ONLY ${quoteTable(config)}`).join(', ');

/** Marks a publication as created by this connector. Names of connectors have neither quotes nor backslashes. */
const ownerComment = ({ connector }: PublicationRequest): string => `created by sluice connector ${connector}`;

async function readPublication(client: pg.Client, request: PublicationRequest): Promise<Publication | undefined> {
  const { name, serverVersion } = request;
  const { rows } = await client.query<CatalogRow>(
    `SELECT oid, xmin, puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, obj_description(oid, 'pg_publication') AS comment,
       ${serverVersion >= GENERATED_COLUMNS_VERSION ? 'pubgencols' : 'NULL'} AS gencols
     FROM pg_publication WHERE pubname = $1`,
    [name],
  );
  const [row] = rows;
  if (!row) return undefined;
  const members = await readMembers(client, row.oid!, serverVersion);
  const schemas = serverVersion >= FILTERS_VERSION ? await readSchemas(client, row.oid!) : new Map<string, string>();
  const whole = (version: string): Membership => ({ version, hasFilter: false, hasColumnList: false });
  return {
    version: `${row.oid}.${row.xmin}`,
    isOwn: row.comment === ownerComment(request),
    missingOperations: ['insert', 'update', 'delete', 'truncate'].filter((operation) => row[`pub${operation}`] !== 't'),
    publishesGenerated: row.gencols === 's',
    members,
    memberOf: ({ facts, config }) => {
      const schema = schemas.get(config.schema);
      if (row.puballtables === 't') return whole('all');
      return members.get(facts.oid) ?? (schema === undefined ? undefined : whole(schema));
    },
  };
}

async function readMembers(client: pg.Client, oid: string, serverVersion: number): Promise<Map<string, Membership>> {
  const filters = serverVersion >= FILTERS_VERSION ? 'prqual IS NOT NULL AS filter, prattrs IS NOT NULL AS list' : '';
  const { rows } = await client.query<CatalogRow>(
    `SELECT prrelid, oid, xmin${filters && `, ${filters}`} FROM pg_publication_rel WHERE prpubid = $1`,
    [oid],
  );
  return new Map(
    rows.map((row) => [
      row.prrelid!,
      { version: `${row.oid}.${row.xmin}`, hasFilter: row.filter === 't', hasColumnList: row.list === 't' },
    ]),
  );
}

async function readSchemas(client: pg.Client, oid: string): Promise<Map<string, string>> {
  const { rows } = await client.query<CatalogRow>(
    `SELECT n.nspname, p.oid, p.xmin FROM pg_publication_namespace p JOIN pg_namespace n ON n.oid = p.pnnspid WHERE p.pnpubid = $1`,
    [oid],
  );
  return new Map(rows.map((row) => [row.nspname!, `${row.oid}.${row.xmin}`]));
}
