// Plain JavaScript: the bootstrap uses it under Node 20, before anything is installed.

const SHOW_AFTER_MS = 1000;
const FRAME_MS = 120;
const PLAIN_CHECK_MS = 250;
const LINE_EVERY_MS = 10_000;
const FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const CLEAR_LINE = "\r\u001b[K";

const out = process.stderr;
/** What runs now; several pieces of work share the one line of a terminal. */
const tasks = new Set();
let timer;
let frame = 0;

const seconds = (ms) => `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
const describe = (task) => (task.detail === "" ? task.label : `${task.label} (${task.detail})`);
const elapsedOf = (task) => Date.now() - task.started;

function drawTerminal() {
  const visible = [...tasks].filter((task) => elapsedOf(task) >= SHOW_AFTER_MS);
  if (visible.length === 0) return;
  for (const task of visible) task.shown = true;
  const text = visible.map((task) => `${describe(task)} ${seconds(elapsedOf(task))}`).join(" · ");
  out.write(
    `${CLEAR_LINE}${FRAMES[frame++ % FRAMES.length]} ${text.slice(0, Math.max(20, (out.columns || 80) - 3))}`,
  );
}

function drawPlain() {
  for (const task of tasks) {
    const elapsed = elapsedOf(task);
    if (elapsed < SHOW_AFTER_MS || (task.shown && elapsed - task.lastLine < LINE_EVERY_MS)) continue;
    out.write(task.shown ? `… ${describe(task)}: ${seconds(elapsed)}\n` : `${describe(task)} …\n`);
    task.shown = true;
    task.lastLine = elapsed;
  }
}

function begin(task) {
  tasks.add(task);
  timer ??= setInterval(out.isTTY ? drawTerminal : drawPlain, out.isTTY ? FRAME_MS : PLAIN_CHECK_MS);
}

function end(task, mark) {
  tasks.delete(task);
  if (tasks.size === 0) {
    clearInterval(timer);
    timer = undefined;
  }
  if (!task.shown) return;
  out.write(`${out.isTTY ? CLEAR_LINE : ""}${mark} ${task.label} ${seconds(elapsedOf(task))}\n`);
}

/**
 * Runs `work` and tells on stderr that it takes time: a spinner on a terminal, plain lines elsewhere. What ends
 * within a second says nothing. `work` gets a function that replaces the detail behind the label.
 */
export async function withProgress(label, work) {
  const task = { label, detail: "", started: Date.now(), shown: false, lastLine: 0 };
  begin(task);
  try {
    const result = await work((text) => {
      task.detail = text;
    });
    end(task, "✓");
    return result;
  } catch (error) {
    end(task, "✗");
    throw error;
  }
}
