// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, type LogOptions } from '../../src/log.js';

function lines(format: LogOptions['format'], write: (log: ReturnType<typeof createLog>) => void): string[] {
  const written: string[] = [];
  write(createLog({ level: 'info', format, destination: { write: (line) => void written.push(line) } }));
  return written;
}

test('JSON lines carry time, level in words, message and fields', () => {
  const [line = ''] = lines('json', (log) =>
    log.warn({ endpoint: 'shop/http/a', from: 'up', to: 'down' }, 'endpoint down'),
  );
  const { time, ...rest } = JSON.parse(line) as Record<string, unknown>;
  assert.ok(!Number.isNaN(Date.parse(String(time))));
  assert.deepEqual(rest, {
    level: 'warn',
    pid: process.pid,
    endpoint: 'shop/http/a',
    from: 'up',
    to: 'down',
    msg: 'endpoint down',
  });
});

test('below the level nothing is written', () => {
  assert.deepEqual(
    lines('json', (log) => log.debug('quiet')),
    [],
  );
});

test('pretty lines are time, level, message and fields, quoted where needed', () => {
  const [line = ''] = lines('pretty', (log) =>
    log.info({ endpoint: 'shop/http/a', reason: 'http 200', weight: 2 }, 'endpoint up'),
  );
  assert.match(
    line,
    /^\d\d:\d\d:\d\d\.\d{3} INFO {2}endpoint up endpoint=shop\/http\/a reason="http 200" weight=2\n$/,
  );
});

test('control characters from members never reach the terminal', () => {
  const [line = ''] = lines('pretty', (log) => log.info({ reason: 'got \u001b[2J' }, 'bad \u001b[2J\nworse'));
  assert.ok(!line.slice(0, -1).includes('\n'));
  assert.ok(!line.includes('\u001b'));
});

test('an error comes with its stack, below', () => {
  const [line = ''] = lines('pretty', (log) => log.error({ err: new TypeError('x is undefined') }, 'a bug'));
  assert.match(line, /ERROR a bug\n {4}TypeError: x is undefined\n/);
});
