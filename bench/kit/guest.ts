// SPDX-License-Identifier: MIT
/**
 * A second kernel as a process: user-mode Linux, whose Debian package has IPVS where this machine's kernel may have
 * none. It boots in some seconds with this machine's files, which it may only read, and with nothing else of it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { marker as inside } from '../../test/kernel/namespace.js';
import { tempDirectory } from '../../test/support/temp-directory.js';
import { missingPeer } from './peers.js';

const begin = '== the guest begins';
const end = '== the guest ends';
/** A guest that hangs is ended after this long. */
const DEADLINE_MS = 900_000;

/** Whether this process runs in the guest. */
export function isGuest(): boolean {
  return process.env['SLUICE_BENCH_GUEST'] === '1';
}

/** Runs the file once more, with these arguments, in a guest with IPVS; what it writes appears on our output. */
export async function inGuest(url: string, args: readonly string[]): Promise<void> {
  const missing = missingPeer('linux.uml') ?? missingPeer('modprobe');
  if (missing !== null) {
    console.log(`left out: the guest: ${missing}`);
    return;
  }
  using directory = tempDirectory();
  const script = join(directory.path, 'init');
  writeFileSync(script, initScript([process.execPath, fileURLToPath(url), ...args]));
  chmodSync(script, 0o755);
  const options = [
    'rootfstype=hostfs',
    'rootflags=/',
    'ro',
    'mem=1G',
    `init=${script}`,
    'con=null',
    'con0=null,fd:1',
    'quiet',
    `uml_dir=${directory.path}/`,
    'umid=guest',
  ];
  const guest = spawn('linux.uml', options, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(guest, 'exit');
  const timer = setTimeout(() => guest.kill('SIGKILL'), DEADLINE_MS);
  const said = { begun: false, ended: false };
  for await (const line of createInterface({ input: guest.stdout })) {
    if (line.startsWith(end)) said.ended = true;
    if (said.begun && !said.ended) console.log(line);
    if (line.startsWith(begin)) said.begun = true;
  }
  clearTimeout(timer);
  await ended;
  if (!said.ended) throw new Error('the guest did not come to its end');
}

/**
 * The guest's first process. Files that are written go to file systems in its memory; it needs no directory for
 * modules in the root, where the host may have none.
 */
function initScript(command: readonly string[]): string {
  return `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir -p /dev/shm && mount -t tmpfs tmpfs /dev/shm
mkdir -p /run/modules/lib/modules
ln -s /usr/lib/uml/modules/$(uname -r) /run/modules/lib/modules/$(uname -r)
modprobe -d /run/modules ip_vs && modprobe -d /run/modules ip_vs_rr
export TMPDIR=/dev/shm HOME=/dev/shm SLUICE_BENCH_GUEST=1 ${inside}=1
ulimit -n 20000
echo '${begin}'
${command.map((word) => `'${word}'`).join(' ')} 2>&1
echo '${end}'
halt -f
`;
}
