export default (event, next) => globalThis.hipflaskAnswers.getStore().middleware(event, next);
