// SPDX-License-Identifier: MIT
/** The control API (design A5): which method and path does what. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readDuration } from '../../config/duration.js';
import type { AdminTarget, DaemonApi } from '../../daemon-api.js';
import { isErrorCode, SluiceError } from '../../errors.js';
import type { Admin } from '../../model.js';
import type { Plan, ReloadReport } from '../../status.js';
import { RequestError, sendJson } from './answer.js';
import { badRequest, readBody, refuseUnknownKeys, type JsonObject } from './body.js';
import { followEvents, sendHistory, type EventQuery } from './event-stream.js';
import { streamStatus } from './status-stream.js';

const MAX_BODY_BYTES = 64 * 1024;
/** A configuration of ten thousand services is some ten megabytes. */
const MAX_PLAN_BODY_BYTES = 64 * 1024 * 1024;

export interface Call {
  readonly api: DaemonApi;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the `{}` parts of the path stood for, percent-decoded. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** Aborts when the daemon ends: streams must come to their end. */
  readonly stop: AbortSignal;
  readonly clientTimeoutMs: number;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** `{}` stands for one part. */
  readonly path: string;
  handle(call: Call): Promise<void>;
}

export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/v1/status', handle: getStatus },
  { method: 'GET', path: '/v1/endpoints/{}/{}/{}', handle: getEndpoint },
  { method: 'POST', path: '/v1/endpoints/{}/{}/{}/check', handle: postCheck },
  { method: 'PUT', path: '/v1/endpoints/{}/{}/{}/admin', handle: putEndpointAdmin },
  { method: 'PUT', path: '/v1/members/{}/{}/admin', handle: putMemberAdmin },
  { method: 'POST', path: '/v1/reload', handle: postReload },
  { method: 'POST', path: '/v1/stop', handle: postStop },
  { method: 'GET', path: '/v1/events', handle: getEvents },
  { method: 'GET', path: '/v1/plan', handle: getPlan },
  { method: 'POST', path: '/v1/plan', handle: postPlan },
];

async function getStatus({ api, response, clientTimeoutMs }: Call): Promise<void> {
  await streamStatus(api, response, clientTimeoutMs);
}

async function getEndpoint({ api, response, parts }: Call): Promise<void> {
  const id = parts.join('/');
  sendJson(response, 200, found(api.explain(id), id));
}

async function postCheck({ api, request, response, parts, signal }: Call): Promise<void> {
  refuseUnknownKeys(await readBody(request, MAX_BODY_BYTES), []);
  const id = parts.join('/');
  sendJson(response, 200, found(await api.checkNow(id, signal), id));
}

async function putEndpointAdmin(call: Call): Promise<void> {
  const [cluster = '', service = '', member = ''] = call.parts;
  await putAdmin(call, { cluster, service, member });
}

async function putMemberAdmin(call: Call): Promise<void> {
  const [cluster = '', member = ''] = call.parts;
  await putAdmin(call, { cluster, member });
}

async function putAdmin({ api, request, response }: Call, target: AdminTarget): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES);
  refuseUnknownKeys(body, ['admin', 'for']);
  const admin = adminOf(body);
  const forMs = forMsOf(body);
  if (admin === 'enabled' && forMs !== null)
    throw badRequest('"enabled" ends an override: it takes no "for"');
  sendJson(response, 200, await api.setAdmin(target, admin, forMs));
}

async function postReload({ api, request, response }: Call): Promise<void> {
  refuseUnknownKeys(await readBody(request, MAX_BODY_BYTES), []);
  const report: ReloadReport = await api.reload();
  if (!report.ok) {
    throw invalidConfig(report, 'the new configuration is invalid; the old one runs on');
  }
  sendJson(response, 200, report);
}

async function postStop({ api, request, response }: Call): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES);
  refuseUnknownKeys(body, ['withdraw']);
  const withdraw = body['withdraw'] ?? false;
  if (typeof withdraw !== 'boolean') throw badRequest('"withdraw" must be true or false');
  await api.stop(withdraw ? 'withdraw' : 'keep');
  sendJson(response, 200, { stopped: true, rules: withdraw ? 'withdrawn' : 'kept' });
}

async function getEvents({ api, request, response, query, stop, clientTimeoutMs }: Call): Promise<void> {
  const lastId = request.headers['last-event-id'];
  const since = query.get('since');
  const sinceMs = since === null ? -Infinity : Date.parse(since);
  if (Number.isNaN(sinceMs))
    throw badRequest('"since" must be an ISO 8601 time, such as 2026-01-31T12:00:00Z');
  const eventQuery: EventQuery = { after: typeof lastId === 'string' ? lastId : null, sinceMs };
  if (query.get('follow') === '0') await sendHistory(api.journal, eventQuery, response, clientTimeoutMs);
  else await followEvents(api.journal, eventQuery, response, clientTimeoutMs, stop);
}

async function getPlan({ api, response }: Call): Promise<void> {
  sendPlan(response, await api.plan(null));
}

async function postPlan({ api, request, response }: Call): Promise<void> {
  const body = await readBody(request, MAX_PLAN_BODY_BYTES);
  refuseUnknownKeys(body, ['file', 'text']);
  const { file, text } = { file: body['file'], text: body['text'] };
  if (typeof file !== 'string' || typeof text !== 'string') {
    throw badRequest('the body must be {"file": its name, "text": the configuration}');
  }
  sendPlan(response, await api.plan({ file, text }));
}

function sendPlan(response: ServerResponse, plan: Plan): void {
  if (plan.diagnostics.some(({ severity }) => severity === 'error')) {
    throw invalidConfig(plan, 'the configuration is invalid');
  }
  sendJson(response, 200, plan);
}

function invalidConfig(report: Pick<Plan, 'diagnostics'>, message: string): RequestError {
  const { diagnostics } = report;
  const first = diagnostics.find(({ severity }) => severity === 'error')?.code;
  const code = isErrorCode(first) ? first : 'SLUICE_CFG_VALUE';
  return new RequestError(422, code, message, { diagnostics });
}

function found<T>(value: T | null, id: string): T {
  if (value === null) {
    throw new SluiceError(
      'SLUICE_NOT_FOUND',
      `there is no endpoint ${id}; endpoints are named cluster/service/member, see "sluice status"`,
    );
  }
  return value;
}

function adminOf(body: JsonObject): Admin {
  const admin = body['admin'];
  if (admin === 'enabled' || admin === 'drain' || admin === 'disabled') return admin;
  throw badRequest('"admin" must be "enabled", "drain" or "disabled"');
}

function forMsOf(body: JsonObject): number | null {
  const text = body['for'] ?? null;
  if (text === null) return null;
  const parsed = typeof text === 'string' ? readDuration(text) : null;
  if (!parsed?.ok || parsed.value === 0) throw badRequest('"for" must be a duration such as "30m"');
  return parsed.value;
}
