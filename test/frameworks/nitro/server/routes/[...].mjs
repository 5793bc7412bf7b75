export default (event) => globalThis.hipflaskAnswers.getStore().answer(event);
