// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import type { JournalEvent } from '../../src/status.js';
import { ask, open, openOn, until } from './control-kit.js';
import { FakeDaemon } from './fake-daemon.js';

/** What has arrived on a stream so far, as blocks. */
function collect(stream: IncomingMessage): { blocks(): string[]; ids(): string[] } {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => (text += chunk));
  const blocks = (): string[] => text.split('\n\n').filter((block) => block !== '');
  return {
    blocks,
    ids: () => blocks().flatMap((block) => /^id: (.+)$/m.exec(block)?.[1] ?? []),
  };
}

function say(api: FakeDaemon, message: string, at?: string): JournalEvent {
  return api.journal.add({ kind: 'warning', subject: 'test', message, ...(at !== undefined && { at }) });
}

test('the stream starts with what is remembered and goes on with what happens', async (t) => {
  const api = new FakeDaemon();
  const past = say(api, 'past');
  const { socket } = await openOn(t, api);
  const stream = await open(socket, 'GET', '/v1/events');
  assert.equal(stream.headers['content-type'], 'text/event-stream');
  const seen = collect(stream);
  await until('the past', () => seen.ids().length === 1);
  const present = say(api, 'present');
  await until('the present', () => seen.ids().length === 2);
  assert.deepEqual(seen.ids(), [past.id, present.id]);
  assert.equal(seen.blocks().at(-1), `id: ${present.id}\nevent: warning\ndata: ${JSON.stringify(present)}`);
  stream.destroy();
  await until('the listener is gone', () => api.journal.listeners === 0);
});

test('Last-Event-ID resumes after that event, without a gap and without repeating it', async (t) => {
  const api = new FakeDaemon();
  const events = ['1', '2', '3'].map((message) => say(api, message));
  const { socket } = await openOn(t, api);
  const stream = await open(socket, 'GET', '/v1/events', { 'last-event-id': events[0]!.id });
  const seen = collect(stream);
  await until('two events', () => seen.ids().length === 2);
  assert.deepEqual(seen.ids(), [events[1]!.id, events[2]!.id]);
  stream.destroy();
});

test('an id of an earlier boot gets all that this one remembers', async (t) => {
  const api = new FakeDaemon('boot2');
  const event = say(api, 'after the restart');
  const { socket } = await openOn(t, api);
  const stream = await open(socket, 'GET', '/v1/events', { 'last-event-id': 'boot1-99' });
  const seen = collect(stream);
  await until('the event', () => seen.ids().length === 1);
  assert.deepEqual(seen.ids(), [event.id]);
  stream.destroy();
});

test('events that the journal has forgotten are counted in a comment', async (t) => {
  const api = new FakeDaemon();
  for (let count = 0; count < 10; count++) say(api, String(count));
  api.journal.events = api.journal.events.slice(6);
  const { socket } = await openOn(t, api);
  const stream = await open(socket, 'GET', '/v1/events', { 'last-event-id': 'boot1-2' });
  const seen = collect(stream);
  await until('the rest', () => seen.ids().length === 4);
  assert.ok(seen.blocks().includes(': 4 events are no longer remembered'), seen.blocks().join('\n'));
  stream.destroy();
});

test('?follow=0 gives the history as JSON lines and ends; ?since= leaves older ones out', async (t) => {
  const api = new FakeDaemon();
  say(api, 'old', '2026-11-20T10:00:00.000Z');
  const young = say(api, 'young', '2026-11-21T10:00:00.000Z');
  const { socket } = await openOn(t, api);
  const all = await ask(socket, 'GET', '/v1/events?follow=0');
  assert.equal(all.text.trimEnd().split('\n').length, 2);
  const since = await ask(socket, 'GET', '/v1/events?follow=0&since=2026-11-21T00:00:00Z');
  assert.equal(since.text, `${JSON.stringify(young)}\n`);
});

test('a client that reads nothing is dropped and holds no memory', async (t) => {
  const api = new FakeDaemon();
  const { socket } = await openOn(t, api, { clientTimeoutMs: 100 });
  const client = connect(socket);
  t.after(() => client.destroy());
  client.pause();
  client.write('GET /v1/events HTTP/1.1\r\nhost: sluice\r\n\r\n');
  await until('the subscription', () => api.journal.listeners === 1);
  const big = 'x'.repeat(10_000);
  for (let count = 0; count < 1000; count++) say(api, big);
  await until('the drop', () => api.journal.listeners === 0);
});

test('many clients may follow at once, without a warning', async (t) => {
  const api = new FakeDaemon();
  const { socket } = await openOn(t, api);
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  t.after(() => process.off('warning', onWarning));
  const streams = await Promise.all(Array.from({ length: 20 }, () => open(socket, 'GET', '/v1/events')));
  const seen = streams.map(collect);
  await until('the subscriptions', () => api.journal.listeners === 20);
  say(api, 'to all');
  await until('all have it', () => seen.every((one) => one.ids().length === 1));
  for (const stream of streams) stream.destroy();
  await until('all are gone', () => api.journal.listeners === 0);
  assert.deepEqual(warnings, []);
});
