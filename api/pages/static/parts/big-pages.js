// What the big screen tells, page by page, as large rows: orders to pick, tasks, alerts. Names of customers are in none. Pure.

import { alertWords } from "./alert-words.js";
import { articleName } from "./names.js";
import { TASK_ICONS, taskDue, taskRoute, taskTitle } from "./task-words.js";
import { ICONS } from "./alert-list.js";
import { dueOf } from "../work.js";

const MOST_LINES = 2; // articles of an order that are named

/**
 * Returns the pages that have anything to tell: {id, title, rows: [{id, icon, title, more, note, tone}]}; the gravest rows
 * first. `tone`: "critical", "warning" or "plain".
 */
export function bigPages(ctx, nowMs) {
  const { lang, model, work } = ctx;
  const pages = [
    { id: "orders", title: lang.t("screen.orders"), rows: work.toPick.map((order) => orderRow(order, ctx, nowMs)) },
    { id: "tasks", title: lang.t("screen.tasks"), rows: byUrgency(work.openTasks, nowMs).map((task) => taskRow(task, ctx, nowMs)) },
    { id: "alerts", title: lang.t("screen.alerts"), rows: model.alertLists().active.map((alert) => alertRow(alert, ctx, nowMs)) },
  ];
  return pages.filter(({ rows }) => rows.length > 0);
}

function orderRow(order, { lang, model }, nowMs) {
  const named = order.lines.slice(0, MOST_LINES).map(({ sku, requested, picked }) => lang.t("screen.line", { n: Math.max(1, requested - picked), article: articleName(sku, model, lang) }));
  const rest = order.lines.length - named.length;
  const due = dueOf(order);
  const isLate = Date.parse(due) < nowMs;
  return {
    id: order.id,
    icon: "in_hand",
    title: lang.list([...named, ...(rest > 0 ? [lang.t("screen.more_lines", { n: rest })] : [])]),
    more: order.at_risk ? lang.t("screen.at_risk") : "",
    note: Number.isNaN(Date.parse(due)) ? "" : lang.t("screen.by", { time: lang.time(Date.parse(due), model.store.timezone, { today: nowMs }) }),
    tone: order.at_risk || isLate ? "critical" : "plain",
  };
}

function taskRow(task, ctx, nowMs) {
  const { lang, model } = ctx;
  const { from, to } = taskRoute(task, model, lang);
  const due = taskDue(task, ctx, nowMs);
  return {
    id: task.id,
    icon: TASK_ICONS[task.kind] ?? "low",
    title: taskTitle(task, model, lang),
    more: from !== null && to !== null ? lang.t("screen.route", { from, to }) : (to ?? from ?? ""),
    note: task.state === "claimed" ? lang.t("screen.taken") : due.text,
    tone: due.isLate ? "critical" : task.priority === "high" ? "warning" : "plain",
  };
}

function alertRow(alert, { lang, model }, nowMs) {
  const words = alertWords(alert, model, lang);
  const isTaken = alert.state === "acknowledged" || alert.assignee !== null;
  return {
    id: alert.id,
    icon: ICONS[alert.type] ?? "alert",
    title: words.title,
    more: words.route ? lang.t("screen.route", words.route) : (words.lines[0] ?? ""),
    note: isTaken ? lang.t("screen.taken") : lang.age(nowMs - Date.parse(alert.since)),
    tone: alert.severity === "critical" ? "critical" : alert.severity === "warning" ? "warning" : "plain",
  };
}

/** What is late first, then what is urgent; within that as they stand in walking order; last what somebody does already. */
function byUrgency(tasks, nowMs) {
  const rank = ({ state, due_at: due, priority }) =>
    state !== "open" ? 3 : due !== null && Date.parse(due) < nowMs ? 0 : priority === "high" ? 1 : 2;
  return tasks.toSorted((a, b) => rank(a) - rank(b));
}
