// SPDX-License-Identifier: MIT
/**
 * The test command. `npm test` runs every test; `npm test -- kernel` those whose file's path contains a word.
 * Installs what kernel tests need where it may; names each test that had to be left out, and why. With CI set in
 * the environment, leaving one out is a failure.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec, tap } from 'node:test/reporters';
import { leftOut } from './needs.js';
import { installPackages } from './packages.js';

/** Longest time for one file; one that hangs is killed and counts as failed. */
const fileTimeoutMs = 600_000;

type TestEvent = ReturnType<typeof run> extends AsyncIterable<infer E> ? E : never;
type Diagnostic = Extract<TestEvent, { type: 'test:diagnostic' }>;

const directory = import.meta.dirname;

function findFiles(words: readonly string[]): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .toSorted()
    .map((file) => join(directory, file));
}

function isSummary({ nesting, message }: Diagnostic['data']): boolean {
  return nesting === 0 && /^tests \d+$/.test(message);
}

/** Passes the events on, with `said` at their beginning and the tests left out just before the closing summary. */
async function* watch(events: AsyncIterable<TestEvent>, said: readonly string[]): AsyncGenerator<TestEvent> {
  const missed: string[] = [];
  for (const message of said) yield note(message);
  for await (const event of events) {
    if (event.type === 'test:fail' && event.data.todo === undefined) process.exitCode = 1;
    if (event.type === 'test:pass' && typeof event.data.skip === 'string') {
      const { name, skip } = event.data;
      if (skip.startsWith(leftOut)) missed.push(`${leftOut}${name} (${skip.slice(leftOut.length)})`);
    }
    if (event.type === 'test:diagnostic' && isSummary(event.data) && missed.length > 0) {
      for (const message of missed) yield note(message);
      if (isCi()) {
        process.exitCode = 1;
        yield note(`${missed.length} tests left out: under CI that is a failure`);
      }
    }
    yield event;
  }
}

function note(message: string): Diagnostic {
  return { type: 'test:diagnostic', data: { nesting: 0, message } } as Diagnostic;
}

function isCi(): boolean {
  const ci = process.env['CI'] ?? '';
  return ci !== '' && ci !== 'false';
}

const files = findFiles(process.argv.slice(2));
if (files.length === 0) {
  process.stderr.write(`no test file's path contains ${process.argv.slice(2).join(' or ')}\n`);
  process.exitCode = 1;
} else {
  const said = installPackages();
  const events = run({ files, concurrency: availableParallelism(), timeout: fileTimeoutMs });
  const watched = watch(events, said);
  const end = { end: false };
  if (process.stdout.isTTY) await pipeline(watched, new spec(), process.stdout, end);
  else await pipeline(tap(watched), process.stdout, end);
}
