// SPDX-License-Identifier: MIT
import { execFileSync } from 'node:child_process';
import { changeSet, never, nftablesBackend } from '../../test/support/nftables.js';
import { endedChildrenCpuMs } from '../kit/process-cpu.js';

/** CPU of changing one slot by `nft -f -`, on the table that is there: one process for each of `count` changes. */
export async function spawnedCpuMs(count: number): Promise<number> {
  const backend = await nftablesBackend();
  const { services } = await backend.observe(never);
  const texts = Array.from({ length: count }, (_, nth) => {
    const before = services[(nth * 7919) % services.length]!;
    const [first = '', ...others] = before.slots!;
    const after = { ...before, slots: [others.find((slot) => slot !== first)!, ...others] };
    return backend.render(changeSet([before], [after]));
  });
  await backend.release('keep', never);
  const startMs = endedChildrenCpuMs();
  for (const input of texts) execFileSync('nft', ['-f', '-'], { input });
  return (endedChildrenCpuMs() - startMs) / count;
}
