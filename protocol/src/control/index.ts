export { fetchStatus, handManifest, openExec, openRaw, readEvents, readLogs, readStats } from "./client.ts";
export { ExecClient, type ExecInput, type ExecOutput, ExecServer } from "./exec-stream.ts";
