// SPDX-License-Identifier: MIT
import { request } from 'node:http';

const ANSWER_TIMEOUT_MS = 2000;
/** The pid stands in the first bytes of the status; there is no need to read ten thousand services. */
const ENOUGH_BYTES = 4096;

/** Pid of the daemon that answers on the socket, or null when what answers there is no sluice. */
export function runningDaemonPid(socketPath: string): Promise<number | null> {
  return new Promise((resolve) => {
    const asked = request(
      { socketPath, path: '/v1/status', headers: { host: 'sluice' }, timeout: ANSWER_TIMEOUT_MS },
      (answer) => {
        let head = '';
        const done = (): void => {
          const pid = /"pid":(\d+)/.exec(head)?.[1];
          asked.destroy();
          resolve(pid === undefined ? null : Number(pid));
        };
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => {
          head += text;
          if (head.length >= ENOUGH_BYTES || head.includes('"started_at"')) done();
        });
        answer.on('end', done);
        answer.on('error', () => resolve(null));
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('error', () => resolve(null));
    asked.end();
  });
}
