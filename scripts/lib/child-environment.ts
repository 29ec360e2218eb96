const PASSED_ON = ["PATH", "HOME", "TMPDIR", "NODE_COMPILE_CACHE", "MALLOC_ARENA_MAX", "NODE_EXTRA_CA_CERTS"];

/** Environment of a program of ours: what it needs of this process's own, and the settings given; nothing else. */
export function childEnvironment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(own), ...settings };
}
