export const load = (event) => globalThis.hipflaskAnswers.getStore().load(event);
