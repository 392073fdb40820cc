// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { Status } from '../../src/status.js';
import { ask, deferred, open, openOn } from './control-kit.js';
import { FakeDaemon } from './fake-daemon.js';

test('GET /v1/status tells all of it', async (t) => {
  const api = new FakeDaemon();
  const { socket } = await openOn(t, api);
  const { status, json } = await ask(socket, 'GET', '/v1/status');
  assert.equal(status, 200);
  assert.deepEqual(json, { ...api.statusHead(), clusters: [api.shop] });
});

test('an endpoint is found by its id, percent-encoded or not, with @ and dots in it', async (t) => {
  const { socket } = await openOn(t, new FakeDaemon());
  for (const path of ['/v1/endpoints/shop/dns/a@10.0.0.11', '/v1/endpoints/shop/dns/a%4010%2E0.0.11']) {
    const { status, json } = await ask(socket, 'GET', path);
    assert.equal(status, 200, path);
    assert.equal((json as { endpoint: { id: string } }).endpoint.id, 'shop/dns/a@10.0.0.11');
  }
});

test('an encoded slash stays inside its part and cannot reach another route', async (t) => {
  const { socket } = await openOn(t, new FakeDaemon());
  const { status } = await ask(socket, 'GET', '/v1/endpoints/shop%2Fdns/a');
  assert.equal(status, 404);
});

test('a check, admin states, reload, stop and plans reach the daemon', async (t) => {
  const api = new FakeDaemon();
  const { socket } = await openOn(t, api);
  const status = async (...call: Parameters<typeof ask> extends [string, ...infer R] ? R : never) =>
    (await ask(socket, ...call)).status;
  assert.equal(await status('POST', '/v1/endpoints/shop/http/a/check'), 200);
  assert.equal(await status('PUT', '/v1/members/shop/a/admin', { admin: 'drain', for: '30m' }), 200);
  assert.equal(await status('PUT', '/v1/endpoints/shop/http/a/admin', { admin: 'enabled' }), 200);
  assert.equal(await status('POST', '/v1/reload'), 200);
  assert.equal(await status('GET', '/v1/plan'), 200);
  assert.equal(await status('POST', '/v1/plan', { file: 'x.yaml', text: 'clusters: {}' }), 200);
  assert.equal(await status('POST', '/v1/stop', { withdraw: true }), 200);
  assert.equal(await status('POST', '/v1/stop'), 200);
  assert.deepEqual(
    api.calls.filter((call) => Array.isArray(call) && call[0] !== 'explain'),
    [
      ['check', 'shop/http/a'],
      ['admin', { cluster: 'shop', member: 'a' }, 'drain', 1_800_000],
      ['admin', { cluster: 'shop', service: 'http', member: 'a' }, 'enabled', null],
      ['reload'],
      ['plan', null],
      ['plan', { file: 'x.yaml', text: 'clusters: {}' }],
      ['stop', 'withdraw'],
      ['stop', 'keep'],
    ],
  );
});

const REFUSALS: readonly [string, string, string | object | undefined, number, string, RegExp][] = [
  ['GET', '/v1/nothing', undefined, 404, 'SLUICE_NOT_FOUND', /there is no \/v1\/nothing/],
  ['DELETE', '/v1/status', undefined, 405, 'SLUICE_BAD_REQUEST', /use GET/],
  ['GET', '/v1/endpoints/shop/http/z', undefined, 404, 'SLUICE_NOT_FOUND', /no endpoint shop\/http\/z/],
  ['POST', '/v1/endpoints/shop/http/z/check', undefined, 404, 'SLUICE_NOT_FOUND', /no endpoint/],
  ['GET', '/v1/endpoints/shop/http/%E0%A4%A', undefined, 400, 'SLUICE_BAD_REQUEST', /percent-encoding/],
  ['PUT', '/v1/members/shop/z/admin', { admin: 'drain' }, 404, 'SLUICE_NOT_FOUND', /no member shop\/z/],
  ['PUT', '/v1/members/shop/a/admin', { admin: 'off' }, 400, 'SLUICE_BAD_REQUEST', /"enabled", "drain"/],
  ['PUT', '/v1/members/shop/a/admin', { admin: 'drain', for: 30 }, 400, 'SLUICE_BAD_REQUEST', /duration/],
  ['PUT', '/v1/members/shop/a/admin', { admin: 'drain', fro: '3m' }, 400, 'SLUICE_BAD_REQUEST', /"fro"/],
  ['PUT', '/v1/members/shop/a/admin', { admin: 'enabled', for: '3m' }, 400, 'SLUICE_BAD_REQUEST', /no "for"/],
  ['PUT', '/v1/members/shop/a/admin', '{"admin"', 400, 'SLUICE_BAD_REQUEST', /not JSON/],
  ['PUT', '/v1/members/shop/a/admin', '[1]', 400, 'SLUICE_BAD_REQUEST', /JSON object/],
  ['POST', '/v1/plan', { file: 'x' }, 400, 'SLUICE_BAD_REQUEST', /"text"/],
  ['POST', '/v1/stop', { withdraw: 'yes' }, 400, 'SLUICE_BAD_REQUEST', /true or false/],
  ['POST', '/v1/reload', `{"x": "${'y'.repeat(70_000)}"}`, 413, 'SLUICE_BAD_REQUEST', /larger than/],
  ['GET', '/v1/events?since=yesterday', undefined, 400, 'SLUICE_BAD_REQUEST', /ISO 8601/],
];

for (const [method, path, body, status, code, message] of REFUSALS) {
  test(`${method} ${path} ${JSON.stringify(body)?.slice(0, 40) ?? ''} is refused: ${message.source}`, async (t) => {
    const { socket } = await openOn(t, new FakeDaemon());
    const answer = await ask(socket, method, path, body);
    assert.equal(answer.status, status);
    const { error } = answer.json as { error: { code: string; message: string } };
    assert.equal(error.code, code);
    assert.match(error.message, message);
  });
}

test('an invalid configuration is told with its diagnostics, on reload and on plan', async (t) => {
  const api = new FakeDaemon();
  const diagnostics = [
    { severity: 'error', code: 'SLUICE_CFG_TYPE', message: 'port: expected a number' },
  ] as const;
  api.reloadReport = { ok: false, generation: 4, diagnostics };
  api.planReport = { diagnostics, backends: [] };
  const { socket } = await openOn(t, api);
  for (const [method, path] of [
    ['POST', '/v1/reload'],
    ['GET', '/v1/plan'],
  ] as const) {
    const { status, json } = await ask(socket, method, path);
    assert.equal(status, 422);
    const { error } = json as { error: { code: string; diagnostics: unknown } };
    assert.equal(error.code, 'SLUICE_CFG_TYPE');
    assert.deepEqual(error.diagnostics, diagnostics);
  }
});

test('a bug in the daemon is answered with SLUICE_INTERNAL and reported', async (t) => {
  const api = new FakeDaemon();
  const bug = new TypeError('x is undefined');
  api.plan = () => Promise.reject(bug);
  const { socket, internalErrors } = await openOn(t, api);
  const { status, json } = await ask(socket, 'GET', '/v1/plan');
  assert.equal(status, 500);
  assert.equal((json as { error: { code: string } }).error.code, 'SLUICE_INTERNAL');
  assert.deepEqual(internalErrors, [bug]);
});

test('the read-only twin answers GET and forbids the rest', async (t) => {
  const api = new FakeDaemon();
  const { twin } = await openOn(t, api);
  assert.equal(((await ask(twin, 'GET', '/v1/status')).json as Status).pid, 4711);
  for (const [method, path] of [
    ['POST', '/v1/reload'],
    ['POST', '/v1/stop'],
    ['PUT', '/v1/members/shop/a/admin'],
    ['POST', '/v1/endpoints/shop/http/a/check'],
    ['DELETE', '/nothing'],
  ] as const) {
    const { status, json } = await ask(twin, method, path, {});
    assert.equal(status, 403, `${method} ${path}`);
    assert.equal((json as { error: { code: string } }).error.code, 'SLUICE_FORBIDDEN');
  }
  assert.deepEqual(api.calls, []);
});

test('what is not HTTP is answered in the same form, and over-long headers too', async (t) => {
  const { socket } = await openOn(t, new FakeDaemon());
  for (const [sent, wanted] of [
    ['hello\r\n\r\n', /^HTTP\/1\.1 400 .*"SLUICE_BAD_REQUEST"/s],
    [
      `GET /v1/status HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431 .*"SLUICE_BAD_REQUEST"/s,
    ],
  ] as const) {
    const client = connect(socket);
    client.write(sent);
    let text = '';
    for await (const chunk of client) text += chunk;
    assert.match(text, wanted);
  }
});

test('the signal of a check aborts when its asker goes away', async (t) => {
  const api = new FakeDaemon();
  const started = deferred<AbortSignal>();
  api.checkNow = (_endpoint, signal) => {
    started.resolve(signal);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  };
  const { socket, internalErrors } = await openOn(t, api);
  const client = connect(socket);
  client.write('POST /v1/endpoints/shop/http/a/check HTTP/1.1\r\nhost: sluice\r\n\r\n');
  const signal = await started.promise;
  client.destroy();
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  assert.deepEqual(internalErrors, []);
});

test('closing ends event streams and lets an answer under way finish', async (t) => {
  const api = new FakeDaemon();
  const { server, socket } = await openOn(t, api);
  const stream = await open(socket, 'GET', '/v1/events');
  stream.resume();
  const ended = new Promise((resolve) => stream.once('end', resolve));
  const stopping = deferred<void>();
  api.stop = () => stopping.promise;
  const answer = ask(socket, 'POST', '/v1/stop');
  await ask(socket, 'GET', '/v1/status');
  const closed = server[Symbol.asyncDispose]();
  stopping.resolve();
  assert.equal((await answer).status, 200);
  await ended;
  await closed;
});
