import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { defineBackend, serverKey, unsupportedIn } from 'sluice';

const capabilities = {
  atomic: 'all',
  families: [4, 6],
  protocols: ['tcp', 'udp'],
  forwarding: ['route'],
  schedulers: ['round-robin', 'source-hash'],
  schedulerAliases: { rr: 'round-robin' },
  schedulerFlags: [],
  slots: false,
  sourceNat: [],
  fwmark: false,
  persistence: false,
  netmask: false,
  fallback: false,
  minUp: false,
  refuse: true,
  hold: true,
  rescue: false,
  limits: false,
  quiesce: false,
  draining: false,
  portRanges: false,
  listenInterface: false,
  translatesFamily: false,
  hygiene: false,
  slowStart: false,
  panic: false,
  flap: false,
};

export default defineBackend({
  name: 'file',
  description: 'Writes who serves what into a file, as JSON.',
  capabilities,
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: { type: 'string', format: 'file', description: 'The file.' },
    },
  },
  // Another path is another place: what is in the old one goes.
  place: ({ path }) => path,
  create: (context, { path }) => ({
    observe: async () => ({ services: await read(path) }),

    render: ({ changes }) => changes.map(renderChange).join(''),

    async apply({ changes }, signal) {
      const held = new Map(
        (await read(path)).map((service) => [service.key, service]),
      );
      const applied = [];
      const failed = [];
      for (const { key, after } of changes) {
        const cannot = after && unsupportedIn(after, capabilities);
        if (cannot !== null) {
          const message = `file does not support ${cannot}`;
          failed.push({ key, code: 'unsupported', message });
          continue;
        }
        if (after === null) held.delete(key);
        else held.set(key, after);
        applied.push(key);
      }
      signal.throwIfAborted();
      await writeFile(`${path}.new`, JSON.stringify([...held.values()]));
      await rename(`${path}.new`, path);
      return { applied, failed };
    },

    async release(mode) {
      if (mode === 'withdraw') await rm(path, { force: true });
    },
  }),
});

function renderChange({ key, after }) {
  if (after === null) return `remove ${key}\n`;
  const servers = after.members.map(
    (member) => ` ${serverKey(member)} weight ${member.weight}`,
  );
  return `${key}${servers.join(',')}\n`;
}

async function read(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}
