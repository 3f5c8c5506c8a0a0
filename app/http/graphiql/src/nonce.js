// Monaco and Radix write <style> elements and have no option for a nonce. The policy of the page lets a
// style element in only with the nonce of this response, so every one that is created here gets it.
const { nonce } = document.querySelector("script[nonce]");
const createElement = document.createElement.bind(document);

document.createElement = (name, options) => {
  const element = createElement(name, options);
  if (element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
};
