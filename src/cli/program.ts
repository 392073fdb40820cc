// SPDX-License-Identifier: MIT
/** The command line of sluice(8). Each command's code loads only when it runs: most of them must be quick. */
import { Command, CommanderError } from 'commander';
import { SluiceError } from '../errors.js';
import { VERSION } from '../version.js';
import type { CommandContext } from './context.js';
import { EXIT } from './exit-code.js';
import { processIo } from './io.js';
import type { SetAdminOptions } from './set-admin.js';

interface GlobalOptions {
  readonly config?: string;
  readonly socket?: string;
  readonly color: boolean;
}

export interface ProgramOptions {
  /** Told the exit status of the command that ran. */
  readonly onExit: (status: number) => void;
}

/** Throws {@link CommanderError} when the command line is wrong, after printing why. */
export function buildProgram({ onExit }: ProgramOptions): Command {
  const program = new Command('sluice')
    .description('The health daemon for kernel load balancers.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .option('-c, --config <file>', 'the configuration (default: /etc/sluice/sluice.yaml)')
    .option('-s, --socket <path>', "the daemon's control socket (default: as configured)")
    .option('--no-color', 'no colours, as with NO_COLOR in the environment')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError(true)
    .showHelpAfterError('Try "sluice --help".')
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'sluice: error[SLUICE_USAGE]: ')),
    });

  /** Wires a command to its code, which gets the common options apart from its own. */
  const add = (
    usage: string,
    description: string,
    run: (context: CommandContext, options: CommandOptions, argument: string | null) => Promise<number>,
  ): Command =>
    program
      .command(usage)
      .description(description)
      .action(async (...args: unknown[]) => {
        const command = args.at(-1) as Command;
        const [argument] = command.processedArgs as (string | undefined)[];
        const { config, socket, color } = program.opts<GlobalOptions>();
        const context: CommandContext = {
          io: processIo(color),
          config: config ?? null,
          socket: socket ?? null,
        };
        onExit(await run(context, command.opts<CommandOptions>(), argument ?? null));
      });

  add('run', 'run the daemon in the foreground', async (context, options) => {
    const { runCommand } = await import('./commands/run.js');
    return runCommand(context, { dryRun: options.dryRun ?? false });
  }).option('--dry-run', 'do everything but touch rules; print what would be applied');

  add('validate', 'check a configuration and touch nothing', async (context, options, file) => {
    const { validateCommand } = await import('./commands/validate.js');
    return validateCommand(context, { file, json: isJson(options) });
  })
    .argument('[file]', 'instead of --config')
    .option('--json', JSON_HELP);

  add('plan', 'show which rules a configuration would change', async (context, options) => {
    const { planCommand } = await import('./commands/plan.js');
    return planCommand(context, { json: isJson(options), rendered: options.rendered ?? false });
  })
    .option('--rendered', "also in the engine's own language")
    .option('--json', JSON_HELP);

  add('status', 'show clusters, services, endpoints and backends', async (context, options, pattern) => {
    const { statusCommand } = await import('./commands/status.js');
    return statusCommand(context, { pattern, json: isJson(options), watch: options.watch ?? false });
  })
    .argument('[pattern]', 'only what matches: a glob on ids, names and states, or label=value')
    .option('--watch', 'show it anew whenever something happens')
    .option('--json', JSON_HELP);

  add('explain', 'tell why an endpoint is as it is', async (context, options, endpoint) => {
    const { explainCommand } = await import('./commands/explain.js');
    return explainCommand(context, { endpoint: required(endpoint), json: isJson(options) });
  })
    .argument('<endpoint>', 'cluster/service/member')
    .option('--json', JSON_HELP);

  add('events', 'show state changes, applies and faults', async (context, options) => {
    const { eventsCommand } = await import('./commands/events.js');
    const { follow = false, since = null } = options;
    return eventsCommand(context, { follow, since, json: isJson(options) });
  })
    .option('-f, --follow', 'go on with what happens, also over restarts of the daemon')
    .option('--since <time>', 'a duration ago (30m) or a time (2026-01-31T12:00:00)')
    .option('--json', 'print one JSON value a line');

  add('drain', 'give a member no new connections', async (context, options, target) => {
    const { drainCommand } = await import('./commands/drain.js');
    return drainCommand(context, adminOptions(options, target));
  })
    .argument('<target>', TARGET_HELP)
    .option('--for <duration>', FOR_HELP)
    .option('--json', JSON_HELP);

  add('disable', 'take a member out of service', async (context, options, target) => {
    const { disableCommand } = await import('./commands/disable.js');
    return disableCommand(context, adminOptions(options, target));
  })
    .argument('<target>', TARGET_HELP)
    .option('--for <duration>', FOR_HELP)
    .option('--json', JSON_HELP);

  add('enable', 'end drain or disable', async (context, options, target) => {
    const { enableCommand } = await import('./commands/enable.js');
    return enableCommand(context, adminOptions(options, target));
  })
    .argument('<target>', TARGET_HELP)
    .option('--json', JSON_HELP);

  add(
    'check',
    'probe an endpoint now and show the dialogue; never counts',
    async (context, options, endpoint) => {
      const { checkCommand } = await import('./commands/check.js');
      return checkCommand(context, { endpoint: required(endpoint), json: isJson(options) });
    },
  )
    .argument('<endpoint>', 'cluster/service/member')
    .option('--json', JSON_HELP);

  add('reload', 'put the configuration on disk in force', async (context, options) => {
    const { reloadCommand } = await import('./commands/reload.js');
    return reloadCommand(context, { json: isJson(options) });
  }).option('--json', JSON_HELP);

  add('stop', 'stop the daemon; rules stay and traffic flows on', async (context, options) => {
    const { stopCommand } = await import('./commands/stop.js');
    return stopCommand(context, { withdraw: options.withdraw ?? false, json: isJson(options) });
  })
    .option('--withdraw', 'take all rules of sluice away')
    .option('--json', JSON_HELP);

  add('demo', 'a complete running example that needs no privileges', async (context) => {
    const { demoCommand } = await import('./commands/demo.js');
    return demoCommand(context);
  });

  return program;
}

const JSON_HELP = 'print one JSON value';
const TARGET_HELP = 'cluster/member, or cluster/service/member';
const FOR_HELP = 'end by itself after that time, such as 30m';

/** The options of all commands, as commander hands them over; each command declares its own. */
interface CommandOptions {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly rendered?: boolean;
  readonly watch?: boolean;
  readonly follow?: boolean;
  readonly since?: string;
  readonly for?: string;
  readonly withdraw?: boolean;
}

function isJson({ json = false }: CommandOptions): boolean {
  return json;
}

function adminOptions(options: CommandOptions, target: string | null): SetAdminOptions {
  return { target: required(target), for: options.for ?? null, json: isJson(options) };
}

/** Commander has refused the command line already when it is missing. */
function required(argument: string | null): string {
  if (argument === null) throw new SluiceError('SLUICE_USAGE', 'an argument is missing');
  return argument;
}

/** Commander throws for `--help` and `--version` as well, with status 0. */
export function exitCodeOfCommander(error: CommanderError): number {
  return error.exitCode === 0 ? EXIT.done : EXIT.usage;
}
