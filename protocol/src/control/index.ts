export { fetchStatus, openRaw, readEvents, readLogs } from "./client.ts";
