export const fallback = (event) => globalThis.hipflaskAnswers.getStore().answer(event);
