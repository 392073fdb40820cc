// SPDX-License-Identifier: MIT
/**
 * Runs from the bundle what a start runs, and keeps what V8 compiled for it. Touches nothing but a temporary
 * folder: the daemon runs dry, and the one member it probes is a closed port of this host.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

type Load = {
  readonly loadBundle: () => { readonly main: (argv: readonly string[]) => Promise<number> };
  readonly keepCache: () => void;
};

const { loadBundle, keepCache } = createRequire(import.meta.url)('../../bin/load.js') as Load;
const { main } = loadBundle();
const folder = mkdtempSync(join(tmpdir(), 'sluice-build-'));
const file = join(folder, 'sluice.yaml');
const socket = join(folder, 'control.sock');

function service(name: string, check: string, backend: string, port: number): string {
  return `      ${name}: { backend: ${backend}, listen: 127.0.0.1:${port}, port: 9, check: { type: ${check} } }\n`;
}

const checks = ['tcp', 'http'].map((check, nth) => service(check, check, 'proxy', 8000 + nth)).join('');
const clusters = `clusters:\n  shop:\n    members: { a: 127.0.0.1 }\n    services:\n${checks}`;
writeFileSync(file, `control: { socket: ${socket} }\nstate: { directory: ${folder}/state }\n${clusters}`);
const nftables = join(folder, 'nftables.yaml');
writeFileSync(nftables, `${clusters}${service('nftables', 'tcp', 'nftables', 8002)}`);

await done(['validate', nftables]);
const running = main(['run', '--dry-run', '--config', file]);
while (!existsSync(socket)) await setTimeout(20);
await done(['status', '--socket', socket]);
await done(['stop', '--socket', socket]);
await running;
keepCache();
rmSync(folder, { recursive: true });

async function done(argv: readonly string[]): Promise<void> {
  const status = await main(argv);
  if (status !== 0) throw new Error(`sluice ${argv.join(' ')} ended with status ${status}`);
}
