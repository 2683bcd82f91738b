// Names of the people who work here, by the ids that stand on alerts and tasks.

const asked = new WeakMap();

/** Returns the names by id: those that may be known, or none without an answer. Asked once per sign-in. */
export function peopleOf(ctx) {
  if (!asked.has(ctx.session)) {
    const found = ctx.ask("/session/people").then(
      ({ items }) => new Map(items.map(({ id, name }) => [id, name])),
      () => {
        asked.delete(ctx.session); // asked again with the next screen
        return new Map();
      },
    );
    asked.set(ctx.session, found);
  }
  return asked.get(ctx.session);
}

/** Returns who an id is, in words: "you", a name, or somebody. */
export function whoIs(id, ctx, people) {
  if (id !== null && id === ctx.session.key_id) return ctx.lang.t("person.you");
  return people.get(id) ?? ctx.lang.t("person.somebody");
}
