// What the two commands of the README need, set up with Node and npm alone. Uses nothing but Node's own modules.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
/** For what is set up once and kept between runs; git does not see it. */
export const cache = join(root, '.cache');

/** Packages by system tool and package manager. A tool that a manager is not listed for cannot be installed with it. */
const PACKAGES = {
  ffmpeg: { apt: ['ffmpeg'], apk: ['ffmpeg'], dnf: ['ffmpeg-free'], pacman: ['ffmpeg'], brew: ['ffmpeg'] },
  mosquitto: {
    apt: ['mosquitto', 'mosquitto-clients'],
    apk: ['mosquitto', 'mosquitto-clients'],
    dnf: ['mosquitto'],
    pacman: ['mosquitto'],
    brew: ['mosquitto'],
  },
  gstreamer: {
    apt: [
      'gir1.2-gst-rtsp-server-1.0',
      'python3-gst-1.0',
      'gstreamer1.0-plugins-base',
      'gstreamer1.0-plugins-good',
      'gstreamer1.0-plugins-bad',
      'gstreamer1.0-plugins-ugly',
    ],
  },
  redis: { apt: ['redis-server'], apk: ['redis'], dnf: ['redis'], pacman: ['redis'], brew: ['redis'] },
  nftables: {
    apt: ['nftables', 'iproute2'],
    apk: ['nftables', 'iproute2'],
    dnf: ['nftables', 'iproute'],
    pacman: ['nftables', 'iproute2'],
  },
  chromium: { apt: ['chromium'], apk: ['chromium'], dnf: ['chromium'], pacman: ['chromium'] },
};

const MANAGERS = {
  apt: { program: 'apt-get', update: ['update'], install: ['install', '-y', '--no-install-recommends'] },
  apk: { program: 'apk', update: null, install: ['add', '--no-cache'] },
  dnf: { program: 'dnf', update: null, install: ['install', '-y'] },
  pacman: { program: 'pacman', update: null, install: ['-Sy', '--noconfirm'] },
  brew: { program: 'brew', update: null, install: ['install'] },
};

/** Says on stderr what is being done: stdout belongs to the result. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Installs the package's own dependencies where they are missing or older than the lock file. */
export function ensureDependencies() {
  const marker = join(root, 'node_modules/.package-lock.json');
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs)
    return;
  say('Installing the dependencies …');
  npm(['ci', '--no-audit', '--no-fund'], root);
}

/** Compiles where a source is newer than what was compiled. */
export function build() {
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: ['ignore', 2, 2] });
}

/** Runs npm, whose program is called differently on Windows. */
export function npm(args, cwd) {
  const shell = process.platform === 'win32';
  const { status } = spawnSync('npm', args, { cwd, stdio: ['ignore', 2, 2], shell });
  if (status !== 0) throw new Error(`npm ${args[0]} failed in ${cwd}.`);
}

/** Whether a program can be found. */
export function has(program) {
  const finder = process.platform === 'win32' ? 'where' : 'which';
  if (spawnSync(finder, [program], { stdio: 'ignore' }).status === 0) return true;
  // Debian keeps servers where the path of an ordinary user does not lead.
  return existsSync(`/usr/sbin/${program}`);
}

const PRESENT = {
  ffmpeg: () => has('ffmpeg') || Boolean(process.env.FFMPEG_PATH),
  mosquitto: () => has('mosquitto') && has('mosquitto_sub'),
  gstreamer: () =>
    existsSync('/usr/bin/python3') &&
    spawnSync('/usr/bin/python3', [
      '-c',
      'import gi; gi.require_version("GstRtspServer","1.0"); from gi.repository import Gst, GstRtspServer; Gst.init(None);' +
        'assert all(Gst.ElementFactory.find(n) for n in ("x264enc","rtph264pay","qtdemux","h264parse","decodebin"))',
    ]).status === 0,
  redis: () => has('redis-server'),
  nftables: () => has('nft') && has('ip'),
  chromium: () => has('chromium'),
};

/** Whether a tool is on this machine. */
export function isPresent(tool) {
  return PRESENT[tool]();
}

/**
 * Makes sure of a system tool: installs it with the system's package manager where that is allowed without asking.
 * Returns whether it is there.
 */
export function ensureTool(tool) {
  if (isPresent(tool)) return true;
  const found = Object.entries(MANAGERS).find(([, { program }]) => has(program));
  const packages = found && PACKAGES[tool][found[0]];
  if (!packages) return false;
  const [name, manager] = found;
  const sudo = needsSudo(name);
  if (sudo === null) return false;
  say(`Installing ${packages.join(', ')} with ${manager.program} …`);
  const run = (args) => {
    const [program, ...rest] = [...sudo, manager.program, ...args];
    return spawnSync(program, rest, {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  };
  if (manager.update) run(manager.update);
  run([...manager.install, ...packages]);
  return isPresent(tool);
}

/** What to put before the package manager: nothing, sudo, or null where the user may not install. */
function needsSudo(manager) {
  if (manager === 'brew' || process.getuid?.() === 0) return [];
  return has('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
    ? ['sudo', '-n']
    : null;
}

/** Sets up an npm folder in the cache that holds exactly `dependencies`; does nothing where it is there already. */
export function ensureFolder(name, dependencies) {
  const folder = join(cache, name);
  const wanted = JSON.stringify({ private: true, dependencies });
  const marker = join(folder, '.complete');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), wanted);
  npm(['install', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  writeFileSync(marker, wanted);
  return folder;
}

/**
 * Unpacks ffmpeg 7.1 from the packages of Debian 13 into the cache, beside the system's own: without root, and without
 * installing anything. Gives its path, or null where this is no Debian or the packages cannot be had.
 */
export function ensureFfmpeg7() {
  const folder = join(cache, 'ffmpeg-7');
  const program = join(folder, 'ffmpeg');
  if (existsSync(program)) return program;
  const mirror = debianMirror();
  if (!mirror || !has('apt-get') || !has('dpkg-deb')) return null;
  say('Unpacking ffmpeg 7 beside the system …');
  rmSync(folder, { recursive: true, force: true });
  for (const name of ['lists/partial', 'archives/partial', 'root'])
    mkdirSync(join(folder, name), { recursive: true });
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${keys}] ${mirror} trixie main\n`);
  writeFileSync(join(folder, 'status'), '');
  const settings = {
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache::archives': join(folder, 'archives'),
    'APT::Install-Recommends': 'false',
    'Debug::NoLocking': 'true',
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const apt = (...args) =>
    spawnSync('apt-get', [...options, ...args], { stdio: ['ignore', 'ignore', 2] }).status === 0;
  if (!apt('update') || !apt('install', '-y', '--download-only', 'ffmpeg')) return null;
  const root = join(folder, 'root');
  for (const deb of readdirSync(join(folder, 'archives')).filter((name) => name.endsWith('.deb'))) {
    execFileSync('dpkg-deb', ['-x', join(folder, 'archives', deb), root]);
  }
  rmSync(join(folder, 'archives'), { recursive: true });
  writeFileSync(program, wrapper(root), { mode: 0o755 });
  return spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0 ? program : null;
}

/** Its libraries need their own loader, as this system's is older. */
function wrapper(root) {
  const libraries = readdirSync(root, { recursive: true, withFileTypes: true }).filter(({ name }) =>
    /\.so(\.|$)/.test(name),
  );
  const folders = [...new Set(libraries.map(({ parentPath, path }) => parentPath ?? path))];
  const loader = libraries.find(({ name }) => name.startsWith('ld-linux'));
  const program = [
    join(loader.parentPath ?? loader.path, loader.name),
    '--library-path',
    folders.join(':'),
    join(root, 'usr/bin/ffmpeg'),
  ];
  return `#!/bin/sh\nexec ${program.map((part) => `'${part}'`).join(' ')} "$@"\n`;
}

/** Where this machine gets Debian's packages. */
function debianMirror() {
  const files = ['/etc/apt/sources.list', ...listed('/etc/apt/sources.list.d')].filter((file) =>
    existsSync(file),
  );
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  return /^(?:URIs:|deb(?: \[[^\]]*\])?) *(\S+\/debian)\/?(?: |$)/m.exec(text)?.[1] ?? null;
}

function listed(folder) {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}
