// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { validateConfig } from '../../src/runtime/validate.js';
import { tempDirectory } from '../support/temp-directory.js';

const PLUGIN = (define: string, create: string): string => `
  import { ${define} } from 'sluice';
  const options = { type: 'object', additionalProperties: false, properties: {} };
  export default ${define}({ name: 'mine', options, create: () => (${create}) });
`;
const CONFIG = (service: string): string => `plugins: [./mine.mjs]
defaults: { backend: proxy, check: none }
clusters:
  shop:
    members: { a: 127.0.0.1 }
    services:
      http: { listen: "127.0.0.1:80"${service} }
`;

async function told(
  plugin: string,
  config: string,
): Promise<readonly (readonly [string, number | undefined])[]> {
  using directory = tempDirectory();
  writeFileSync(join(directory.path, 'mine.mjs'), plugin);
  const { diagnostics } = await validateConfig(join(directory.path, 'sluice.yaml'), config);
  return diagnostics.map(({ message, place }) => [message, place?.line]);
}

describe('what this version does not run', () => {
  it('is refused when the configuration lists a role', async () => {
    const role = PLUGIN('defineRole', '{ run: () => Promise.resolve() }');
    assert.deepEqual(await told(role, CONFIG('')), [
      ['plugin role/mine cannot be used: roles are not supported by this version of sluice', 1],
    ]);
  });
});
