// SPDX-License-Identifier: MIT
/**
 * A day in ten minutes: 1,000 endpoints of 250 services stop and start serving at random while clients connect
 * through the kernel's rules. Nothing may pile up in the daemon, and what the kernel holds must be the truth.
 *
 *     npm run bench:day                 ten minutes
 *     npm run bench:day -- 60           so many seconds
 *     npm run bench:day -- --seed=7     the same day again
 */
import { parseArgs } from 'node:util';
import { Lab } from '../test/kernel/lab.js';
import { until } from '../test/support/until.js';
import { Clients } from './day/clients.js';
import { Flapping, seeded } from './day/flapping.js';
import { circumstances, judge, noticeTimes } from './day/judge.js';
import { wrongs } from './day/kernel.js';
import { Notices } from './day/notices.js';
import { addresses, configuration, keyOf, services as servicesOf } from './day/site.js';
import { Watch } from './day/watch.js';
import { enterBench } from './kit/enter.js';
import { machine } from './kit/machine.js';
import { Members } from './kit/members.js';
import { percentile } from './kit/statistics.js';
import { missing } from '../test/needs.js';

await enterBench(import.meta.url, 'nft');
for (const need of ['nft', 'conntrack', 'koffi'] as const) {
  const reason = missing(need);
  if (reason !== null) throw new Error(`this can't be measured here: ${reason}`);
}
const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' } },
});
const daySeconds = Number(positionals[0] ?? 600);
const seed = Number(given.seed ?? Date.now() % 1_000_000);
/** Until then journal and histories are full, and the compiler is done. */
const warmSeconds = Math.min(90, daySeconds / 4);
console.log(machine('nft'));
await using lab = await Lab.create({ hosts: ['client', 'members'] });
const services = servicesOf(lab.vip);
const targets = services.flatMap(({ members }) => members);
await lab.host('members').addAddresses(addresses);
await using members = new Members('hello', lab.host('members').entry);
const flapping = new Flapping(members, targets, seeded(seed));
await flapping.openAll();
await using watch = await Watch.start(configuration(lab.vip));
const { sluice } = watch;
const notices = new Notices(sluice.control);

/** The daemon knows every member's state and wants no more of the kernel. */
async function settled(): Promise<void> {
  await until(
    async () => {
      const { clusters, backends } = await sluice.status();
      const endpoints = clusters.flatMap((cluster) =>
        cluster.services.flatMap((service) => service.endpoints),
      );
      const wrong = endpoints.find(
        ({ address, port, state }) => (state === 'up') !== flapping.history.isUp({ address, port: port! }),
      );
      if (wrong !== undefined) throw new Error(`${wrong.id} is ${wrong.state}`);
      return backends.every(({ converged }) => converged);
    },
    { deadlineMs: 30_000, everyMs: 250, what: 'a daemon that knows the truth' },
  );
}

/** The daemon's own opinion, and that of nobody but the kernel. */
async function truth(when: string): Promise<boolean> {
  await settled();
  const plan = await sluice.plan();
  const operations = plan.backends.reduce((sum, { change }) => sum + change.changes.length, 0);
  const found = await wrongs(services, (member) => flapping.history.isUp(member));
  const serving = targets.filter((target) => flapping.history.isUp(target)).length;
  console.log(`${when}: ${serving} of ${targets.length} members serve; the plan has ${operations} changes;`);
  console.log(`  the kernel is wrong about ${found.length} of ${services.length} services`);
  for (const line of found.slice(0, 10)) console.log(`  ${line}`);
  return operations === 0 && found.length === 0;
}

await settled();
console.log(`seed ${seed}; ${warmSeconds} s to warm up, then ${daySeconds} s`);
await flapping.run(warmSeconds * 1000);
await flapping.openAll();
let good = await truth('after warming up, all started');
const morning = await watch.rest();

const listens = services.map(({ listen }) => listen);
await using clients = new Clients(listens, lab.client.entry);
watch.begin();
const changes = await flapping.run(daySeconds * 1000);
watch.end();
const report = await clients.stop();
good = (await truth('in the evening, as it is')) && good;
await flapping.openAll();
good = (await truth('in the evening, all started')) && good;
const evening = await watch.rest();

const known = new Set(
  services.flatMap(({ members }, nth) => members.map((member) => `${nth} ${keyOf(member)}`)),
);
const astray = Object.keys(report.answers).filter((answer) => !known.has(answer));
const { history } = flapping;
const { withoutMember, unnoticed, inexcusable } = judge(report.failures, services, history, notices);
const times = noticeTimes(services, history, notices);
const [half, most, worst] = [50, 99, 100].map((percent) => `${Math.round(percentile(times, percent))}`);
console.log(`${changes} changes of members, noticed after ${half} ms (p99 ${most}, most ${worst})`);
console.log(`${report.answered} connections answered, ${astray.length} members answered for other services`);
console.log(`  ${withoutMember.length} failed where no member had served for a while`);
console.log(`  ${unnoticed.length} failed while a member's stop was not noticed yet`);
console.log(`  ${inexcusable.length} failed without such a reason`);
for (const failure of inexcusable.slice(0, 10))
  console.log(`  ${circumstances(failure, services, history, notices)}`);
notices.stop();
console.log(watch.report(morning, evening));
good = good && inexcusable.length === 0 && astray.length === 0;
if (!good) process.exitCode = 1;
