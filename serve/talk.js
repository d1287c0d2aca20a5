// How a part of the page talks to the service: by the addresses everybody can use, in its own words for errors.

const all = (selector) => Array.from(element.querySelectorAll(selector));
const one = (selector) => element.querySelector(selector);

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error('The service cannot be reached; nothing was saved.');
  }
  const isJson = (answer.headers.get('content-type') ?? '').includes('json');
  const body = isJson ? await answer.json() : await answer.text();
  if (!answer.ok) throw Object.assign(new Error(body?.error ?? `The service answered ${answer.status}.`), { status: answer.status });
  return body;
}

const tell = (path, value) =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });

const give = (path, file) => ask(`${path}?${new URLSearchParams({ name: file.name })}`, { method: 'POST', body: file });

// A text node or an element; what comes from the service or the reader is text and never markup.
function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

// Who labels, remembered in this browser alone; where it keeps nothing, for as long as the page is open.
const memory = {};
const annotator = {
  get() {
    try { return window.localStorage.getItem('diplotone-annotator') ?? ''; } catch { return memory.annotator ?? ''; }
  },
  set(name) {
    memory.annotator = name;
    try { window.localStorage.setItem('diplotone-annotator', name); } catch { /* it keeps nothing */ }
  },
};
