import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";

/** Keys by the key that stands above them; `""` is the top of the manifest, `*` any name. */
const keysBelow: Readonly<Record<string, readonly string[]>> = {
  "": ["version", "services", "profiles", "deployment"],
  "services.*": [
    "image",
    "pull_policy",
    "command",
    "args",
    "env",
    "credentials",
    "expose",
    "params",
    "dependencies",
    "health",
  ],
  "services.*.health": ["port", "path", "interval", "timeout", "retries", "start_period"],
  "services.*.credentials": ["registry", "username", "password"],
  "services.*.expose": [
    "port",
    "as",
    "port_range",
    "port_range_as",
    "use_public_port",
    "proto",
    "accept",
    "to",
    "http_options",
    "proxy_protocol",
  ],
  "services.*.expose.to": ["global", "service"],
  profiles: ["name", "mode", "duration", "tier", "compute", "placement"],
  "profiles.compute.*": ["resources"],
  "profiles.compute.*.resources": ["cpu", "memory", "storage", "gpu"],
  "profiles.compute.*.resources.cpu": ["units", "attributes"],
  "profiles.compute.*.resources.memory": ["size"],
  "profiles.compute.*.resources.storage": ["name", "size", "attributes"],
  "profiles.compute.*.resources.gpu": ["units", "attributes"],
  "profiles.placement.*": ["attributes", "pricing"],
  "profiles.placement.*.attributes": [
    "region",
    "region_exclude",
    "desired_fizz",
    "fizz_exclude",
    "bandwidth",
    "cpu_model",
  ],
  "profiles.placement.*.pricing.*": ["token", "amount"],
  "deployment.*.*": ["profile", "count"],
};

const KEY_LINE = /^(\s*(?:- )*)([\w.-]+):/;

/** Offers the keys that fit where the cursor is. */
export function completeManifest(context: CompletionContext): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const typed = /^(\s*(?:- )*)([\w-]*)$/.exec(before);
  if (typed === null) return null;
  const word = typed[2] ?? "";
  if (word === "" && !context.explicit) return null;
  const above = Array.from({ length: line.number - 1 }, (_, index) => context.state.doc.line(index + 1).text);
  const keys = keysAt(above, typed[1]?.length ?? 0);
  if (keys.length === 0) return null;
  return {
    from: context.pos - word.length,
    options: keys.map((label) => ({ label, apply: `${label}:`, type: "property" })),
    validFor: /^[\w-]*$/,
  };
}

/**
 * The keys that may stand at an indentation below the given lines.
 *
 * @param above The lines before, first to last.
 * @param indent Spaces (and list dashes) before the key.
 */
export function keysAt(above: readonly string[], indent: number): readonly string[] {
  const path: string[] = [];
  let limit = indent;
  for (const text of above.toReversed()) {
    const match = KEY_LINE.exec(text);
    const depth = match?.[1]?.length ?? Infinity;
    if (match === null || depth >= limit) continue;
    path.unshift(match[2] ?? "");
    limit = depth;
  }
  const wanted = Object.keys(keysBelow).find((pattern) => fits(pattern, path));
  return wanted === undefined ? [] : (keysBelow[wanted] ?? []);
}

function fits(pattern: string, path: readonly string[]): boolean {
  const steps = pattern === "" ? [] : pattern.split(".");
  return steps.length === path.length && steps.every((step, index) => step === "*" || step === path[index]);
}
