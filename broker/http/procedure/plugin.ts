import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { catalogActRoutes } from './catalog-acts.js';
import { type CatalogListDeps, catalogListRoute } from './catalog-list.js';
import { type CatalogReadDeps, catalogReadRoutes } from './catalog-reads.js';
import { type ClockRoutesDeps, clockRoutes } from './clock.js';
import { type EnrolmentRoutesDeps, enrolmentRoutes } from './enrolments.js';
import { type FileRoutesDeps, fileRoutes } from './files.js';
import { type LawfulGrantDeps, lawfulGrantRoutes } from './grants.js';
import { type LawfulBundleDeps, lawfulBundleRoutes } from './lawful-bundles.js';
import { machineRoutes } from './machines.js';
import { type NoticeRoutesDeps, noticeRoutes } from './notices/notices.js';
import { webhookRoute } from './notices/webhook.js';
import { applicationPreviewRoute, type PreviewDeps } from './reads/application-preview.js';
import { type AccessRoutesDeps, accessRoutes } from './recorded/accesses.js';
import { type AttachmentRoutesDeps, attachmentRoutes } from './recorded/attachments.js';
import { type WorklistRoutesDeps, worklistRoutes } from './worklist.js';

export type ProcedureRoutesDeps = FileRoutesDeps &
  EnrolmentRoutesDeps &
  ClockRoutesDeps &
  LawfulBundleDeps &
  LawfulGrantDeps &
  NoticeRoutesDeps &
  CatalogReadDeps &
  CatalogListDeps &
  WorklistRoutesDeps &
  PreviewDeps &
  AttachmentRoutesDeps &
  AccessRoutesDeps;

/** Routes of the lawful procedure, which a registered bus has. */
export const procedurePlugin =
  (deps: ProcedureRoutesDeps): FastifyPluginAsync =>
  async (app: FastifyInstance) => {
    procedureRoutes(app, deps);
  };

export function procedureRoutes(app: FastifyInstance, deps: ProcedureRoutesDeps): void {
  fileRoutes(app, deps);
  catalogActRoutes(app, deps);
  catalogReadRoutes(app, deps);
  catalogListRoute(app, deps);
  machineRoutes(app, deps);
  enrolmentRoutes(app, deps);
  clockRoutes(app, deps);
  lawfulBundleRoutes(app, deps);
  lawfulGrantRoutes(app, deps);
  noticeRoutes(app, deps);
  webhookRoute(app, deps);
  worklistRoutes(app, deps);
  applicationPreviewRoute(app, deps);
  attachmentRoutes(app, deps);
  accessRoutes(app, deps);
}
