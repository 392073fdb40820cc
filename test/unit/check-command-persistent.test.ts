// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import command from '../../plugins/check-command/index.js';
import { StartAllowance } from '../../plugins/check-command/start-allowance.js';
import type { CheckOutcome, CheckTarget, Prober } from '../../src/plugin/api.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { testContext } from '../../src/testing.js';
import { commandOptions } from '../support/check-options.js';
import { said, targetAt } from '../support/probe.js';
import { until } from '../support/until.js';

/** A co-process whose `answer(line)` is called for each question; it writes by `say`. */
const program = (answer: string): string[] => [
  process.execPath,
  '--eval',
  `const say = (line) => process.stdout.write(line + '\\n');
   const answer = (line, [id, address, port] = line.split(' ')) => { ${answer} };
   require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => answer(line));`,
];

async function persistent(t: TestContext, argv: string[], concurrency?: number): Promise<Prober> {
  const options = commandOptions(argv, {
    persistent: true,
    ...(concurrency !== undefined && { concurrency }),
  });
  const prober = await command.create(testContext(), options);
  t.after(() => prober[Symbol.asyncDispose]?.());
  return prober;
}

const at = (port: number, timeoutMs = 10_000): CheckTarget => ({
  ...targetAt({ address: '10.0.0.1', port }),
  timeoutMs,
});

/** Sweeps the batches, all at once; what was said, by port. */
async function sweep(prober: Prober, batches: readonly (readonly CheckTarget[])[]): Promise<string[]> {
  const stop = new AbortController();
  const answers: string[] = [];
  let left = batches.flat().length;
  let end = (): void => {};
  const answered = new Promise<void>((resolve) => {
    end = resolve;
  });
  async function* targets(): AsyncGenerator<readonly CheckTarget[]> {
    yield* batches;
    await answered;
  }
  const report = ({ port }: CheckTarget, outcome: CheckOutcome): void => {
    assert.equal(answers[port], undefined, 'each target is reported once');
    answers[port] = said(outcome);
    left -= 1;
    if (left === 0) end();
  };
  await prober.probeMany!(targets(), report, stop.signal);
  return answers;
}

const ports = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('a sweep asks a co-process one question after the other', async (t) => {
  const prober = await persistent(t, [
    'sh',
    '-c',
    'while read address port; do echo "pass port $port"; done',
  ]);
  const answers = await sweep(
    prober,
    [ports(1, 300), ports(301, 400)].map((some) => some.map((port) => at(port))),
  );
  for (const port of ports(1, 400)) assert.equal(answers[port], `pass: port ${port}`);
});

test('with concurrency answers come in any order, each to its question', async (t) => {
  // Answers ten at a time, the last one first: it gets on only if that many are open at once.
  const held =
    'held.push(id + " fail not " + port); if (held.length === 10) while (held.length) say(held.pop());';
  const prober = await persistent(t, program(`const held = globalThis.held ??= []; ${held}`), 10);
  const answers = await sweep(prober, [ports(1, 1000).map((port) => at(port))]);
  for (const port of ports(1, 1000)) assert.equal(answers[port], `exit-status: not ${port}`);
});

test('an answer that comes after its time is nobody’s, and the process goes on', async (t) => {
  const late = 'if (port === "1") globalThis.first = id; else say(id + " pass " + process.pid + " " + port);';
  const prober = await persistent(
    t,
    program(`${late} if (port === "9") say(globalThis.first + " pass late");`),
    5,
  );
  const probe = (port: number, timeoutMs?: number): Promise<CheckOutcome> =>
    prober.probe(at(port, timeoutMs), new AbortController().signal);
  const { reason } = await probe(2);
  const [pid] = reason.split(' ');
  const slow = probe(1, 500);
  assert.equal(said(await probe(3)), `pass: ${pid} 3`);
  assert.equal(said(await slow), 'timeout: timed out waiting for the command');
  assert.equal(said(await probe(9)), `pass: ${pid} 9`);
  assert.equal(said(await probe(4)), `pass: ${pid} 4`);
});

test('a co-process that says nothing at all is replaced', async (t) => {
  const prober = await persistent(t, program('if (port !== "1") say(id + " pass port " + port);'), 5);
  const probe = (port: number, timeoutMs?: number): Promise<CheckOutcome> =>
    prober.probe(at(port, timeoutMs), new AbortController().signal);
  assert.equal(said(await probe(1, 400)), 'timeout: timed out waiting for the command, which was killed');
  assert.equal(said(await probe(2)), 'pass: port 2');
});

test('when a co-process ends, open questions stay without an answer and the others are asked again', async (t) => {
  const prober = await persistent(
    t,
    program('if (port === "3") process.exit(3); say(id + " pass fine");'),
    3,
  );
  const answers = await sweep(prober, [ports(1, 9).map((port) => at(port))]);
  const ended = answers.filter((answer) => answer === 'inconclusive: the command ended (exit 3)');
  assert.ok(ended.length >= 1 && ended.length <= 3, answers.join());
  assert.equal(answers[3], 'inconclusive: the command ended (exit 3)');
  assert.deepEqual(answers.slice(6), ['pass: fine', 'pass: fine', 'pass: fine', 'pass: fine']);
});

test('a number that was never given, a line without end and nonsense are not believed', async (t) => {
  for (const [said_, expected] of [
    ['say("77 pass"); say("x pass");', /^inconclusive: the command wrote a line that nobody asked for$/],
    ['process.stdout.write("x".repeat(5000));', /^inconclusive: the command wrote a line without end$/],
    ['say(id + " maybe")', /^inconclusive: the command must answer pass, fail or inconclusive, not "maybe"$/],
    ['say(id)', /^inconclusive: the command must answer pass, fail or inconclusive, not ""$/],
  ] as const) {
    const prober = await persistent(t, program(said_), 5);
    assert.match(said(await prober.probe(at(1), new AbortController().signal)), expected);
  }
});

test('a question for which the command had no time is not held against the member', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-command-'));
  t.after(() => rm(folder, { recursive: true }));
  const [asked, go] = [join(folder, 'asked'), join(folder, 'go')];
  const busy = `while read address port; do touch ${asked}; while ! [ -e ${go} ]; do sleep 0.01; done; echo "pass port $port"; done`;
  const clock = new FakeClock();
  const options = commandOptions(['sh', '-c', busy], { persistent: true });
  const prober = await command.create(testContext({ clock }), options);
  t.after(() => prober[Symbol.asyncDispose]?.());
  const probe = (port: number): Promise<CheckOutcome> =>
    prober.probe(at(port, 1_000), new AbortController().signal);
  const first = probe(1);
  const second = probe(2);
  await until(() => existsSync(asked));
  await clock.advance(800);
  const third = probe(3);
  await writeFile(go, '');
  assert.equal(said(await first), 'pass: port 1');
  assert.equal(said(await second), 'inconclusive: the command was busy with other probes all the time');
  assert.equal(said(await third), 'pass: port 3');
});

test('a command that dies at once is started ten times, then twice a second', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-command-'));
  t.after(() => rm(folder, { recursive: true }));
  // Between two starts nothing else keeps this process alive.
  const alive = setInterval(() => {}, 60_000);
  t.after(() => clearInterval(alive));
  const file = join(folder, 'starts');
  const prober = await persistent(t, ['sh', '-c', `echo start >> ${file}; exit 1`]);
  const startedMs = performance.now();
  const answers = await sweep(prober, [ports(1, 200).map((port) => at(port, 1_500))]);
  const mostStarts = 10 + (performance.now() - startedMs) / 500;
  for (const answer of answers.slice(1)) assert.match(answer, /^inconclusive: the command ended \(/);
  const starts = (await readFile(file, 'utf8')).trim().split('\n').length;
  assert.ok(starts >= 10 && starts <= mostStarts, `${starts} starts`);
});

test('the allowance of starts fills again with time', async () => {
  const clock = new FakeClock();
  const allowance = new StartAllowance(clock);
  let starts = 0;
  const startForEver = async (): Promise<void> => {
    await allowance.take();
    starts += 1;
    void startForEver();
  };
  void startForEver();
  await clock.advance(0);
  assert.equal(starts, 10);
  await clock.advance(1_600);
  assert.equal(starts, 13);
});

test('concurrency is for persistent commands', () => {
  const problems = command.validate!(commandOptions(['true'], { concurrency: 2 }));
  assert.deepEqual(
    problems.map(({ path }) => path),
    [['concurrency']],
  );
});
