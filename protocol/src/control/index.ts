export { fetchStatus, openConnect, readEvents, readLogs } from "./client.ts";
