import { Application, ReflectionKind } from "typedoc";

/** What needs a comment of its own. Parameters, and the members of a type that is written down where it is used, are told of there. */
const KINDS =
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.TypeAlias |
  ReflectionKind.Variable |
  ReflectionKind.Property |
  ReflectionKind.CallSignature |
  ReflectionKind.GetSignature;

/** A plugin of TypeDoc's: a public name without a comment, and a member without one, is an error. */
export function load(app) {
  app.on(Application.EVENT_VALIDATE_PROJECT, (project) => {
    for (const reflection of project.getReflectionsByKind(KINDS)) {
      if (isNested(reflection) || isOfLanguage(reflection) || isDocumented(reflection)) continue;
      app.logger.error(`${reflection.getFullName()} has no doc comment.`);
    }
  });
}

/** Inside of a type literal, or of a parameter. */
function isNested({ parent }) {
  if (parent === undefined) return false;
  return parent.kindOf(ReflectionKind.TypeLiteral | ReflectionKind.Parameter) || isNested(parent);
}

/** `[Symbol.species]` and its like, of which the language says what they are. */
function isOfLanguage({ name }) {
  return name.startsWith("[");
}

/** By itself; a property that is a function by its signature. */
function isDocumented(reflection) {
  const signatures = reflection.type?.declaration?.signatures ?? reflection.signatures ?? [];
  return reflection.hasComment() || signatures.some((signature) => signature.hasComment());
}
