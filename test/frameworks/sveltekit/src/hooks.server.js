export const handle = (input) => globalThis.hipflaskAnswers.getStore().handle(input);
