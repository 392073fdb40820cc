// SPDX-License-Identifier: MIT
import { get } from 'node:http';

const REQUESTS = 12;
const TIMEOUT_MS = 2000;

/** Sends some requests, each on a connection of its own, and tells who answered: `a 6, c 6`. */
export async function spreadOfRequests(url: string): Promise<string> {
  const counts = new Map<string, number>();
  for (let request = 0; request < REQUESTS; request++) {
    const who = await answerer(url);
    counts.set(who, (counts.get(who) ?? 0) + 1);
  }
  const parts = [...counts].toSorted(([one], [other]) => one.localeCompare(other));
  return `${REQUESTS} requests: ${parts.map(([who, number]) => `${who} ${number}`).join(', ')}`;
}

function answerer(url: string): Promise<string> {
  return new Promise((resolve) => {
    const failed = (): void => resolve('failed');
    const asked = get(url, { agent: false, timeout: TIMEOUT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(/member (\w+)/.exec(text)?.[1] ?? 'failed'));
      response.on('error', failed);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', failed);
  });
}
