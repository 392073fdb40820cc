// SPDX-License-Identifier: MIT
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Listens with a queue of this length, which takes one connection more than that. */
const BACKLOG = 1;

/** A port of loopback that answers nothing: its process never accepts, and its queue is full. */
export async function silentServer(): Promise<{
  readonly address: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}> {
  const child = fork(fileURLToPath(new URL('./silent-server-child.js', import.meta.url)), [String(BACKLOG)]);
  const [port] = (await once(child, 'message')) as [number];
  const fillers: Socket[] = [];
  for (let count = 0; count <= BACKLOG; count += 1) {
    const filler = connect(port, '127.0.0.1');
    fillers.push(filler);
    await once(filler, 'connect');
    filler.on('error', () => undefined);
  }
  return {
    address: '127.0.0.1',
    port,
    close: async () => {
      for (const filler of fillers) filler.destroy();
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
