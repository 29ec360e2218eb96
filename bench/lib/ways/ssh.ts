import { chown, copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { userInfo } from "node:os";
import { type Cleanup } from "../../../scripts/lib/cleanup.ts";
import { freePort } from "../../../scripts/lib/free-port.ts";
import { requireCommand } from "../../../scripts/lib/run-command.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";
import { type Origins, ORIGINS, startServer } from "../origins.ts";
import { SSH, SSH_KEYGEN, SSHD, unpackProgram } from "../programs.ts";
import { type BenchContext } from "../run-process.ts";
import { type Way } from "./way.ts";

/** Debian's `nobody`: root's own sshd would need a user of its own on the machine. */
const NOBODY = 65_534;

/** A server of OpenSSH with keys of its own. */
export interface SshServer {
  readonly port: number;
  /** The client's words up to its destination. */
  readonly client: readonly string[];
  readonly destination: string;
  /** Where its user may write. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** `ssh -R` with its default cipher: sshd is the gateway, the client the agent. */
export async function startSshReverse(
  origins: Origins,
  context: BenchContext,
  cleanup: Cleanup,
): Promise<Way> {
  const server = await startSshServer(context, cleanup);
  const ports = { bulk: await freePort(), http: await freePort(), echo: await freePort() };
  const forwards = ORIGINS.flatMap((name) => ["-R", `127.0.0.1:${ports[name]}:127.0.0.1:${origins[name]}`]);
  const argv = [...server.client, "-N", "-o", "ExitOnForwardFailure=yes", ...forwards, server.destination];
  await startServer({ name: "ssh", argv, env: server.env, port: ports.echo }, context, cleanup);
  return { name: "ssh", ports, otherPorts: ports };
}

/** Starts sshd on a high port of loopback. It lets in one key, and only the user it runs as. */
export async function startSshServer(context: BenchContext, cleanup: Cleanup): Promise<SshServer> {
  const [sshd, ssh, keygen] = [
    await unpackProgram(SSHD),
    await unpackProgram(SSH),
    await unpackProgram(SSH_KEYGEN),
  ];
  const port = await freePort();
  const isRoot = process.getuid?.() === 0;
  const { path: dir } = cleanup.use("folder of sshd", await createTempDir("sshd"));
  const [hostKey, clientKey] = [join(dir, "host"), join(context.dir, "client-key")];
  for (const file of [hostKey, clientKey])
    await requireCommand("BENCH_FAILED", [keygen.path, "-q", "-t", "ed25519", "-N", "", "-f", file], {
      env: { ...keygen.env },
    });
  const [config, authorized] = [join(dir, "sshd_config"), join(dir, "authorized")];
  await copyFile(`${clientKey}.pub`, authorized);
  await writeFile(config, settings({ port, hostKey, authorized }));
  if (isRoot) for (const file of [dir, hostKey, config, authorized]) await chown(file, NOBODY, NOBODY);
  const user = isRoot
    ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--pdeathsig", "TERM", "--"]
    : [];
  const argv = [...user, sshd.path, "-D", "-e", "-f", config];
  await startServer({ name: "sshd", argv, env: sshd.env, port }, context, cleanup);
  const options = [
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
    "IdentitiesOnly=yes",
    "LogLevel=ERROR",
  ];
  const client = [
    ssh.path,
    "-F",
    "none",
    "-i",
    clientKey,
    "-p",
    String(port),
    ...options.flatMap((one) => ["-o", one]),
  ];
  return {
    port,
    client,
    folder: dir,
    destination: `${isRoot ? "nobody" : userInfo().username}@127.0.0.1`,
    env: ssh.env,
  };
}

const settings = (values: { port: number; hostKey: string; authorized: string }): string => `
Port ${values.port}
ListenAddress 127.0.0.1
HostKey ${values.hostKey}
AuthorizedKeysFile ${values.authorized}
StrictModes no
UsePAM yes
PidFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxSessions 64
MaxStartups 64
Subsystem sftp internal-sftp
`;
