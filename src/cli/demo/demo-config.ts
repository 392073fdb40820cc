// SPDX-License-Identifier: MIT
import { join } from 'node:path';

export interface DemoPlaces {
  readonly directory: string;
  /** Where clients connect to. */
  readonly port: number;
  readonly members: readonly { readonly name: string; readonly port: number }[];
}

export function demoSocket(directory: string): string {
  return join(directory, 'control.sock');
}

/** The configuration that the demo runs on; strings are quoted as JSON, which YAML reads. */
export function demoConfig({ directory, port, members }: DemoPlaces): string {
  return `# Written by "sluice demo".
control: { socket: ${JSON.stringify(demoSocket(directory))} }
state: { directory: ${JSON.stringify(join(directory, 'state'))} }
log: { level: error }
clusters:
  demo:
    members:
${members.map(({ name }) => `      ${name}: 127.0.0.1\n`).join('')}\
    services:
      web:
        listen: 127.0.0.1:${port}
        backend: proxy
        check: { type: http, path: /, interval: 1s, timeout: 500ms, rise: 2, fall: 2 }
        members:
${members.map(({ name, port: own }) => `          ${name}: { port: ${own} }\n`).join('')}`;
}
