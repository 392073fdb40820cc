// SPDX-License-Identifier: MIT
/** sluice(8) and the program know the same commands, options, signals, statuses, codes, routes and files. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { program } from '../../docs/tables/commands.js';
import { EXIT } from '../../src/cli/exit-code.js';
import { defaultSocket, defaultStateDirectory } from '../../src/config/default-paths.js';
import { ERROR_CODES } from '../../src/errors.js';
import { ROUTES } from '../../src/runtime/control/routes.js';
import { isRecord } from '../../src/is-record.js';
import { displayed, itemWords, literals, marked, section } from './mdoc-reader.js';
import { PAGES, read, sources } from './repository.js';
import { membersOf, wordsOf } from './type-reader.js';

const page = read('man/sluice.8');
const all = program();
const commands = all.commands.map((command) => command.name());
const status = read('src/status.ts');

function sorted(words: Iterable<string>): string[] {
  return [...new Set(words)].toSorted();
}

describe('sluice(8)', () => {
  it('has each command, and no other', () => {
    const titles = [
      ...section(page, 'COMMANDS')
        .join('\n')
        .matchAll(/^\.Ss (\S+)$/gm),
    ].map(([, name = '']) => name);
    assert.deepEqual(titles, commands);
  });

  it('tells more of each command than the program does', () => {
    for (const command of commands) {
      const lines = section(page, command);
      const own = lines.slice(lines.indexOf('.\\" end generated') + 1).join(' ');
      assert.ok(own.length > 40, command);
    }
  });

  it('names no command and no event that is not there', () => {
    const kinds = wordsOf(status, 'kind');
    for (const word of marked(page, 'Cm')) assert.ok([...commands, ...kinds].includes(word), word);
  });

  it('has each option, of every command', () => {
    const told = new Set(marked(page, 'Fl'));
    for (const option of [all, ...all.commands].flatMap((command) => command.options)) {
      assert.ok(told.has(option.long?.slice(1) ?? ''), option.flags);
    }
  });

  it('names no option that is not there', () => {
    const options = [all, ...all.commands].flatMap((command) => command.createHelp().visibleOptions(command));
    const known = options.flatMap(({ short, long }) => [short, long]);
    const ofCurl = '--unix-socket';
    for (const word of marked(page, 'Fl')) assert.ok([...known, ofCurl].includes(`-${word}`), word);
  });

  it('has each kind of event', () => {
    assert.deepEqual(sorted(itemWords(section(page, 'events'), 'Cm')), sorted(wordsOf(status, 'kind')));
  });

  it('has each signal that the daemon heeds', () => {
    const heeded = [...read('src/signals.ts').matchAll(/\b(SIG[A-Z0-9]+)\b/g)].map(([, name = '']) => name);
    assert.deepEqual(sorted(itemWords(section(page, 'SIGNALS'), 'Dv')), sorted(heeded));
  });

  it('has each exit status', () => {
    const told = section(page, 'EXIT STATUS').filter((line) => line.startsWith('.It '));
    assert.deepEqual(
      told.map((line) => Number(line.slice(4))),
      Object.values(EXIT).toSorted((a, b) => a - b),
    );
  });

  it('has each error code, and every code is used', () => {
    assert.deepEqual(itemWords(section(page, 'DIAGNOSTICS'), 'Er'), Object.keys(ERROR_CODES));
    const code = [...sources('src'), ...sources('plugins')]
      .filter((path) => path !== 'src/errors.ts')
      .map(read);
    for (const name of Object.keys(ERROR_CODES)) {
      assert.ok(
        code.some((text) => text.includes(`'${name}'`)),
        `nobody uses ${name}`,
      );
    }
  });

  it('and the other texts name no error code that is not there', () => {
    // What a command is told in its environment is no error code.
    const variables = sources('plugins').flatMap((path) => [...read(path).matchAll(/\bSLUICE_[A-Z]+\b/g)]);
    const known = new Set(['SLUICE_CFG_', ...Object.keys(ERROR_CODES), ...variables.map(([name]) => name)]);
    for (const path of [...PAGES, 'README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md']) {
      for (const [name] of read(path).matchAll(/\bSLUICE_[A-Z_]+\b/g))
        assert.ok(known.has(name), `${path}: ${name}`);
    }
  });

  it('has each environment variable that the program reads', () => {
    const names = sources('src').flatMap((path) =>
      [...read(path).matchAll(/\benv\['([A-Z_]+)'\]/g)].map(([, name = '']) => name),
    );
    assert.deepEqual(sorted(itemWords(section(page, 'ENVIRONMENT'), 'Ev')), sorted(names));
  });

  it('has each route of the control API', () => {
    const told = [...page.matchAll(/^\.It Li (\w+ \S+)$/gm)].map(([, route = '']) =>
      route.replaceAll(/\{\w+\}/g, '{}'),
    );
    assert.deepEqual(
      told,
      ROUTES.map(({ method, path }) => `${method} ${path}`),
    );
  });

  it('shows every field of the status, and no other', () => {
    const text = literals(page).find((each) => each.startsWith('{ "version"'));
    const shown = fieldsOf(JSON.parse(text ?? ''));
    const probing = ['Probing', 'Lateness'];
    const interfaces = [
      '',
      ...probing,
      'Cluster',
      'Member',
      'Service',
      'Endpoint',
      'Result',
      'Backend',
      'Plugin',
    ];
    const declared = interfaces.flatMap((name) => membersOf(status, `${name}Status`));
    // The status declares the fields of its configuration in place.
    assert.deepEqual(sorted(shown), sorted([...declared, 'file', 'loaded_at', 'error']));
  });

  it('names the default files', () => {
    const root = { root: true, runtimeDirectory: '' };
    const user = { root: false, runtimeDirectory: '$XDG_RUNTIME_DIR' };
    const files = itemWords(section(page, 'FILES'), 'Pa');
    assert.ok(files.includes(defaultSocket(root)));
    assert.ok(files.includes(defaultSocket(user)));
    assert.ok(files.includes(defaultStateDirectory(root, '')));
    const keeper = read('src/runtime/keeper.ts');
    for (const file of files.filter((name) => name.endsWith('.jsonl')))
      assert.ok(keeper.includes(`'${file}'`));
  });

  it('shows examples that the program would take', () => {
    const lines = displayed(page).filter((line) => line.startsWith('$ sluice '));
    assert.ok(lines.length > 5);
    for (const line of lines) assertCommandLine(line.slice('$ sluice '.length));
  });

  it('and the README show examples that the program would take', () => {
    const readme = read('README.md');
    const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = '']) => text).join('');
    const lines = [...blocks.matchAll(/^sluice (.*?)(?:\s+#.*)?$/gm)].map(([, line = '']) => line);
    const inText = [...readme.matchAll(/`sluice ([a-z][^`]*)`/g)].map(([, line = '']) => line);
    assert.ok(lines.length > 0 && inText.length > 0);
    for (const line of [...lines, ...inText]) assertCommandLine(line);
  });

  it('and the systemd unit starts a command that is there', () => {
    const [, line = ''] = /^ExecStart=\S+ sluice (.*)$/m.exec(read('config/sluice.service')) ?? [];
    assertCommandLine(line);
  });
});

/** Looks at the words only: nothing runs. */
function assertCommandLine(line: string): void {
  const [own = ''] = line.split(' | ');
  const [name = '', ...words] = own.split(/\s+/);
  const command = all.commands.find((each) => each.name() === name);
  assert.ok(command !== undefined, `there is no command ${name} (${line})`);
  const options = [...all.options, ...command.options].flatMap(({ short, long }) => [short, long]);
  for (const word of words) if (word.startsWith('-')) assert.ok(options.includes(word), `${line}: ${word}`);
}

function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...fieldsOf(inner)]);
}
