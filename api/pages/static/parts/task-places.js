// Where tasks stand that just ended, and which steps of one wait to be sent. Pure.

/** Returns the step of a task that waits to be sent: "complete", "claim", …; null: none. */
export function pendingOf(task, outbox) {
  const item = outbox.waiting.findLast(({ subject }) => subject === `task ${task.id}`);
  return item === undefined ? null : item.path.slice(item.path.lastIndexOf("/") + 1);
}

/** Returns live tasks in their order, with those that just ended where they stood `before`. */
export function keptInPlace(before, live, ended) {
  const isLive = new Set(live.map(({ id }) => id));
  const found = [...live];
  const over = new Map(ended.filter(({ id }) => !isLive.has(id)).map((task) => [task.id, task]));
  before.forEach(({ id }, index) => {
    if (!over.has(id)) return;
    const ahead = before.slice(0, index).findLast((task) => found.some((other) => other.id === task.id));
    found.splice(found.findIndex((task) => task.id === ahead?.id) + 1, 0, over.get(id));
  });
  return found;
}
