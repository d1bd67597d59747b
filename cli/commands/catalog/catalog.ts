import type { Command } from 'commander';
import type { Terminal } from '../../terminal.js';
import { addCatalogExport, addCatalogImport } from './catalog-files.js';
import { addCatalogLint } from './catalog-lint.js';
import { addCatalogPublish } from './catalog-publish.js';
import { addCatalogPut } from './catalog-put.js';
import { addCatalogSearch } from './catalog-search.js';
import { addCatalogProto, addCatalogShow } from './catalog-show.js';

export function addCatalog(program: Command, terminal: Terminal): void {
  const catalog = program.command('catalog').summary('check, publish, import, export, search and read catalog entries');
  addCatalogLint(catalog, terminal);
  addCatalogPut(catalog, terminal);
  addCatalogPublish(catalog, terminal);
  addCatalogImport(catalog, terminal);
  addCatalogExport(catalog, terminal);
  addCatalogSearch(catalog, terminal);
  addCatalogShow(catalog, terminal);
  addCatalogProto(catalog, terminal);
}
