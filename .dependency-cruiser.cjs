/** Import rules between rooms. Every expression is flat: the tool refuses nested quantifiers. */
const apps = ["relayer", "node-agent", "cli", "web"];
const domainOfApps = "^(relayer|node-agent)/src/domain/";

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "declared-packages",
      comment: "A room declares what it imports.",
      severity: "error",
      from: { path: "^(protocol|relayer|node-agent|cli|web)/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev", "unknown"], pathNot: "^node:" },
    },
    {
      name: "protocol-is-the-floor",
      severity: "error",
      from: { path: "^protocol/" },
      to: { path: "^(relayer|node-agent|cli|web|scripts|test|ignition)/" },
    },
    ...apps.map((app) => ({
      name: `apps-do-not-meet-${app}`,
      severity: "error",
      from: { path: `^${app}/` },
      to: { path: `^(${apps.filter((other) => other !== app).join("|")})/` },
    })),
    {
      name: "protocol-by-its-doors",
      comment: "Other rooms import @fizz/protocol/<door>, never a file inside.",
      severity: "error",
      from: { pathNot: "^protocol/" },
      to: { path: "^protocol/src/", pathNot: "^protocol/src/[^/]+/index[.]ts$" },
    },
    {
      name: "nothing-imports-tests",
      severity: "error",
      from: { pathNot: "^(test|bench)/" },
      to: { path: "^test/" },
    },
    {
      name: "protocol-is-browser-safe",
      comment: "But for two: what both ends of a libp2p connection run on in Node.js, and files of keys.",
      severity: "error",
      from: { path: "^protocol/", pathNot: "^protocol/src/(node|keystore)/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "node-only-part-stays-in-node",
      severity: "error",
      from: { path: "^(web|protocol)/", pathNot: "^protocol/src/(node|keystore)/" },
      to: { path: "^protocol/src/(node|keystore)/" },
    },
    {
      name: "web-has-no-node-builtins",
      severity: "error",
      from: { path: "^web/src/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "docker-only-in-containers",
      severity: "error",
      from: { path: "^(relayer|node-agent|cli|web)/", pathNot: "^node-agent/src/containers/" },
      to: { path: "node_modules/dockerode/" },
    },
    {
      name: "libp2p-only-in-p2p",
      severity: "error",
      from: {
        path: "^(protocol|relayer|node-agent|cli|web)/",
        pathNot:
          "^((relayer|node-agent)/src/p2p/|protocol/src/node/|cli/src/session/|web/src/[a-z/-]*session[a-z/-]*)",
      },
      to: {
        path: "node_modules/(libp2p|@libp2p/[a-z0-9-]+|@chainsafe/libp2p-[a-z]+)/",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "domain-has-no-adapters",
      severity: "error",
      from: { path: domainOfApps },
      to: {
        path: "^(relayer|node-agent)/src/",
        pathNot: "^(relayer|node-agent)/src/(domain/|ports[.]ts$)",
      },
    },
    {
      name: "domain-has-no-builtins",
      severity: "error",
      from: { path: domainOfApps },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "adapters-do-not-meet-relayer",
      severity: "error",
      from: { path: "^relayer/src/(chain|store|p2p|http|doors|routing)/" },
      to: {
        path: "^relayer/src/(chain|store|p2p|http|doors|routing)/",
        pathNot: "^relayer/src/$1/",
      },
    },
    {
      name: "adapters-do-not-meet-node-agent",
      severity: "error",
      from: { path: "^node-agent/src/(chain|store|p2p|containers|pricing)/" },
      to: {
        path: "^node-agent/src/(chain|store|p2p|containers|pricing)/",
        pathNot: "^node-agent/src/$1/",
      },
    },
    {
      name: "hardhat-only-outside-the-rooms",
      severity: "error",
      from: { path: "^(protocol|relayer|node-agent|cli|web)/" },
      to: { path: "node_modules/(hardhat|@nomicfoundation)/" },
    },
    {
      name: "kebab-case-files",
      severity: "error",
      from: { path: "^(protocol|relayer|node-agent|cli|web|scripts)/.+" },
      to: { path: "^(protocol|relayer|node-agent|cli|web|scripts)/.*[A-Z][A-Za-z]*[.]tsx?$" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(artifacts|cache|coverage|[.]next|web/out|web/[.]next)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".js", ".mjs", ".cjs", ".json"],
    },
  },
};
