// Renders openapi.json for people. Text goes in as text nodes alone: nothing in the document becomes markup.

const doc = await (await fetch("/openapi.json")).json();

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null));
  return node;
}

// `code` spans of descriptions become elements.
function prose(text) {
  return (text ?? "").split("`").map((part, i) => (i % 2 ? el("code", {}, part) : part));
}

function resolve(schema) {
  return schema.$ref ? doc.components.schemas[schema.$ref.split("/").pop()] : schema;
}

function nameOf(schema) {
  return schema.$ref ? schema.$ref.split("/").pop() : null;
}

// The schemas of objects that a schema is made of.
function objectsIn(schema) {
  if (schema.$ref) return resolve(schema).properties ? [schema] : [];
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (schema.items) parts.push(schema.items);
  return parts.flatMap(objectsIn);
}

function typeOf(schema) {
  if (schema.$ref) {
    const target = resolve(schema);
    return target.enum ? target.enum.join(" | ") : nameOf(schema);
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const parts = schema.anyOf ?? schema.oneOf;
  if (parts) return parts.map(typeOf).join(" | ");
  if (schema.type === "array" && schema.prefixItems) return `[${schema.prefixItems.map(typeOf).join(", ")}]`;
  if (schema.type === "array") return `${typeOf(schema.items ?? {})}[]`;
  if (schema.type === "object" && schema.additionalProperties) return `{name: ${typeOf(schema.additionalProperties)}}`;
  return schema.format ? `${schema.type} (${schema.format})` : (schema.type ?? "any");
}

function example(schema) {
  const found = schema.examples?.[0];
  return found === undefined ? "" : JSON.stringify(found);
}

function table(heads, rows) {
  const head = el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text))));
  const body = el("tbody", {}, ...rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, ...[cell].flat())))));
  return el("div", { class: "table" }, el("table", {}, head, body));
}

function fields(schema) {
  const target = resolve(schema);
  const required = new Set(target.required ?? []);
  return table(
    ["field", "type", "meaning", "example"],
    Object.entries(target.properties ?? {}).map(([name, field]) => [
      [el("code", {}, name), required.has(name) ? "" : " ?"],
      el("code", {}, typeOf(field)),
      prose(field.description ?? resolve(field).description),
      el("code", {}, example(field)),
    ]),
  );
}

// A schema and all that it refers to, each once.
function schemas(title, schema) {
  const wanted = objectsIn(schema);
  const seen = new Set();
  const parts = [];
  while (wanted.length) {
    const next = wanted.shift();
    if (seen.has(next.$ref)) continue;
    seen.add(next.$ref);
    const target = resolve(next);
    parts.push(el("details", parts.length ? {} : { open: "" },
      el("summary", {}, el("code", {}, nameOf(next)), " ", ...prose(target.description?.split("\n")[0])), fields(next)));
    wanted.push(...Object.values(target.properties).flatMap(objectsIn));
  }
  return parts.length ? [el("h3", {}, title), ...parts] : [];
}

function parameters(operation) {
  if (!operation.parameters?.length) return [];
  const rows = operation.parameters.map((parameter) => [
    [el("code", {}, parameter.name), parameter.required ? "" : " ?"],
    parameter.in,
    el("code", {}, typeOf(parameter.schema)),
    prose(parameter.description),
    el("code", {}, example(parameter.schema)),
  ]);
  return [el("h3", {}, "Parameters"), table(["name", "in", "type", "meaning", "example"], rows)];
}

// What an operation answers when all is well.
function answered(operation) {
  return operation.responses["200"] ?? operation.responses["201"];
}

function responses(operation) {
  const rows = Object.entries(operation.responses).filter(([, response]) => response !== answered(operation));
  return [el("h3", {}, "Other answers"), table(["status", "meaning"], rows.map(([status, answer]) => [status, prose(answer.description)]))];
}

function route(path, method, operation) {
  const scopes = (operation.security ?? []).flatMap((scheme) => Object.values(scheme).flat());
  const answer = answered(operation)?.content?.["application/json"]?.schema;
  const body = operation.requestBody?.content["application/json"].schema;
  const scope = scopes.length ? ["Scope: ", el("code", {}, [...new Set(scopes)].join(" or "))] : ["No key needed"];
  return el("section", { class: "route", id: operation.operationId },
    el("h2", {}, operation.summary),
    el("p", { class: "address" }, el("span", { class: `method ${method}` }, method.toUpperCase()), el("code", {}, path)),
    el("p", { class: "scope" }, ...scope),
    el("p", {}, ...prose(operation.description)),
    ...parameters(operation),
    ...(body ? schemas("Request body", body) : []),
    ...(answer ? schemas("Answer", answer) : [el("p", {}, ...prose(answered(operation)?.description))]),
    ...responses(operation));
}

const operations = Object.entries(doc.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
const contents = document.getElementById("contents");
const routes = document.getElementById("routes");
document.getElementById("about").replaceChildren(...prose(doc.info.description));
for (const tag of doc.tags) {
  const own = operations.filter(({ operation }) => operation.tags?.includes(tag.name));
  contents.append(el("h2", { title: tag.description }, tag.name),
    ...own.map(({ operation }) => el("a", { href: `#${operation.operationId}` }, operation.summary)));
  routes.append(...own.map(({ path, method, operation }) => route(path, method, operation)));
}

document.getElementById("find").addEventListener("input", (event) => {
  const needle = event.target.value.trim().toLowerCase();
  for (const section of routes.children) {
    section.hidden = !section.textContent.toLowerCase().includes(needle);
    const link = contents.querySelector(`a[href="#${section.id}"]`);
    if (link) link.hidden = section.hidden;
  }
});
