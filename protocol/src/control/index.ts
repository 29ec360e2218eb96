export {
  fetchStatus,
  handManifest,
  openCopy,
  openExec,
  openRaw,
  readEvents,
  readLogs,
  readStats,
} from "./client.ts";
export { CopyTalk } from "./copy-stream.ts";
export { ExecClient, type ExecInput, type ExecOutput, ExecServer } from "./exec-stream.ts";
export { sendRevocation } from "./revoke.ts";
