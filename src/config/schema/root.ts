// SPDX-License-Identifier: MIT
import { CLUSTERS } from './cluster.js';
import { type CoreSchema, mapping } from './core-schema.js';
import { INHERITED_SERVICE_KEYS } from './service.js';

const FILE: CoreSchema = { type: 'string', format: 'file' };
const GROUP: CoreSchema = { type: 'string', format: 'name' };

/** The main file: `sluice.yaml`. */
export const ROOT: CoreSchema = mapping({
  include: {
    type: 'array',
    items: FILE,
    description:
      'More files with clusters, and nothing else, in them: paths relative to this file, in which * and ? match within a name.',
    default: [],
  },
  control: mapping(
    {
      socket: {
        ...FILE,
        description:
          'The control socket, for full control. Default: /run/sluice/control.sock as root, else $XDG_RUNTIME_DIR/sluice/control.sock.',
      },
      group: { ...GROUP, description: "The group that may use it. Default: the group of the daemon's user." },
      status_socket: { ...FILE, description: 'A second socket that only reads. Default: none.' },
      status_group: {
        ...GROUP,
        description: "The group that may use the second one. Default: the group of the daemon's user.",
      },
    },
    { description: 'The sockets over which the daemon is asked and told.' },
  ),
  state: mapping(
    {
      directory: {
        ...FILE,
        description:
          'Where the last known state is kept. Default: /var/lib/sluice as root, else the folder state beside the control socket.',
      },
      max_age: {
        type: 'string',
        format: 'duration',
        description: 'State older than this is not believed at start.',
        default: '10m',
      },
    },
    { description: 'The last known state, by which a restart changes nothing that is still true.' },
  ),
  log: mapping(
    {
      level: {
        type: 'string',
        enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
        description: 'The least severe kind of line that is written.',
        default: 'info',
      },
      format: {
        type: 'string',
        enum: ['json', 'pretty'],
        description: 'One JSON value a line, or text for people. Default: pretty on a terminal, else json.',
      },
    },
    { description: 'What is logged, to standard output.' },
  ),
  http: mapping(
    {
      listen: {
        type: 'string',
        format: 'endpoint',
        description: 'ADDR:PORT on which metrics and the status page are served.',
      },
    },
    { required: ['listen'], description: 'Metrics and status page. Default: off.' },
  ),
  plugins: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    uniqueItems: true,
    description: 'Third-party plugins: files (./… or /…, relative to this one) or names of packages.',
    default: [],
  },
  backends: {
    type: 'object',
    propertyNames: { type: 'string', format: 'name' },
    additionalProperties: { type: 'object', additionalProperties: true },
    description: 'Options of backends, by the name of the backend.',
    default: {},
  },
  defaults: mapping(INHERITED_SERVICE_KEYS, {
    description:
      'Keys of services, taken by every service that does not say otherwise. Whole values, except for check, whose keys are taken one by one.',
  }),
  clusters: CLUSTERS,
});

/** A file that `include` adds. */
export const INCLUDED: CoreSchema = mapping({ clusters: CLUSTERS }, { required: ['clusters'] });
