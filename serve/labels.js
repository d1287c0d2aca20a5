// Labelling sentences and pairs one by one with keys, and the list of labels given.

let waiting = [];
let skipped = new Set();
let last = null; // the ids of the labels saved last
let older = null; // where the list of labels goes on

const TASKS = { sentence: ['tone', 'sentiment'], pair: ['stance', 'act'] };
const MOST_ASKED = 100;

const who = () => one('[name=annotator]').value.trim();
const level = () => one('[name=level]:checked').value;
const isSecond = () => one('[name=second]:checked').value === 'true';
const chosen = (task) => one(`[name=desk-${task}]:checked`)?.value;
const status = (text) => { one('.desk-status').textContent = text; };
const problem = (error) => { one('.problem').textContent = error?.message ?? ''; };
const nameOf = (question) => JSON.stringify([question.text, question.source, question.target]);

async function following() {
  if (!who()) {
    one('.desk').hidden = true;
    return status('Say who labels; then the sentences come, those most worth labelling first.');
  }
  const query = new URLSearchParams({ annotator: who(), level: level(), second: isSecond(), limit: MOST_ASKED });
  const { questions } = await ask(`v1/sentences?${query}`);
  waiting = questions.filter((question) => !skipped.has(nameOf(question)));
  showNext();
}

function showNext() {
  const [question] = waiting;
  one('.desk').hidden = question === undefined;
  for (const radio of all('.desk input')) radio.checked = false;
  for (const part of all('.desk [data-level]')) part.hidden = part.dataset.level !== level();
  if (question === undefined) {
    return status(isSecond() ? 'Nothing waits for your second opinion.'
      : `No ${level()} waits. Put some sentences up below, or those of an article of yours.`);
  }
  one('.to-label').replaceChildren(...marked(question));
  showPair(one('.which-pair'), question);
  status(`${waiting.length === MOST_ASKED ? `${MOST_ASKED} or more` : waiting.length} to label.`);
}

// Offsets count characters; a JavaScript string counts halves of some of them.
const part = (question, end) => Array.from(question.text).slice(...question[end]).join('');

// The text with both actors of a pair marked, and called what they are.
function marked(question) {
  const letters = Array.from(question.text);
  const ends = ['source', 'target'].filter((end) => question[end]).sort((a, b) => question[a][0] - question[b][0]);
  const pieces = [];
  let position = 0;
  for (const end of ends) {
    const [start, stop] = question[end];
    pieces.push(letters.slice(position, start).join(''), make('mark', { class: `actor ${end}` }, part(question, end), make('sub', {}, ` ${end}`)));
    position = stop;
  }
  return [...pieces, letters.slice(position).join('')];
}

function showPair(place, question) {
  place.hidden = !question.target;
  if (!question.target) return;
  place.replaceChildren(
    'How does ', make('b', {}, question.source ? part(question, 'source') : 'the text itself'),
    ' stand and act toward ', make('b', {}, part(question, 'target')), '?');
}

async function save() {
  problem();
  const [question] = waiting;
  const tasks = TASKS[level()];
  const labels = tasks.filter(chosen).map((task) => ({ ...question, task, new: chosen(task) }));
  if (labels.length < tasks.length) return problem(new Error(`Choose ${tasks.map((task) => `a label of ${task}`).join(' and ')}.`));
  try {
    const { saved } = await tell('v1/labels', { annotator: who(), origin: 'labelling', labels });
    annotator.set(who());
    last = saved.map((label) => label.id);
    waiting.shift();
    showNext();
    status(`Saved: ${saved.map((label) => label.new + saidBefore(label)).join(', ')}. ${one('.desk-status').textContent}`);
    one('.to-label').focus({ preventScroll: true });
    Promise.all([list(), loadDisputes()]).catch(problem);
  } catch (error) {
    problem(error);
  }
}

function skip() {
  skipped.add(nameOf(waiting.shift()));
  showNext();
}

async function undoLast() {
  if (!last) return status('There is nothing to undo since the page was opened.');
  try {
    for (const id of last) await tell(`v1/labels/${id}/undo`, { annotator: who() });
    last = null;
    await following();
    status('Taken back.');
    Promise.all([list(), loadDisputes()]).catch(problem);
  } catch (error) {
    problem(error);
  }
}

async function list(before = null) {
  const query = new URLSearchParams({ limit: 20 });
  if (before) query.set('before', before);
  if (!one('.everybody').checked) query.set('annotator', who());
  const page = await ask(`v1/labels?${query}`);
  const rows = page.labels.map(row);
  const place = one('.given-list');
  if (before && place.querySelector('tbody')) place.querySelector('tbody').append(...rows);
  else place.replaceChildren(rows.length ? table(rows) : make('p', { class: 'quiet' }, query.has('annotator') ? 'None of yours yet.' : 'None yet.'));
  older = page.next;
  one('.more-labels').hidden = older === null;
  one('.annotators').textContent = Object.entries(page.annotators).map(([name, n]) => `${name}: ${n}`).join(' · ');
}

const HEADS = ['When', 'Who', 'Task', 'Label', 'Sentence', 'Undo'];

function table(rows) {
  const head = make('tr', {}, ...HEADS.map((name) => make('th', { scope: 'col' }, name)));
  const made = make('table', { class: 'sentences' }, make('thead', {}, head), make('tbody', {}, ...rows));
  return make('div', { class: 'scroll-x', tabindex: '0', role: 'region', 'aria-label': 'Labels given' }, made);
}

function saidBefore({ before, new: now }) {
  if (!before) return '';
  return before.new === now ? ' (said again)' : ` (before: ${before.new})`;
}

function row(label) {
  const words = label.undoes ? `takes back ${label.undoes}` : label.old && label.old !== label.new ? `${label.old} → ${label.new}` : label.new;
  const what = (label.settles && !label.undoes ? `settles it: ${words}` : words) + saidBefore(label);
  const button = label.undoes || label.undone ? make('span', { class: 'quiet' }, label.undone ? 'undone' : '') :
    make('button', { type: 'button', class: 'undo', 'data-label': label.id, 'aria-label': `Undo label ${label.id}` }, 'Undo');
  return make('tr', label.undone ? { class: 'undone' } : {},
    make('td', {}, label.made.slice(0, 16).replace('T', ' ')), make('td', {}, label.annotator), make('td', {}, label.task),
    make('td', {}, what), make('td', { class: 'text' }, label.text), make('td', {}, button));
}

element.addEventListener('click', async (event) => {
  if (event.target.closest('.save')) return save();
  if (event.target.closest('.skip')) return skip();
  if (event.target.closest('.undo-last')) return undoLast();
  if (event.target.closest('.more-labels')) return list(older).catch(problem);
  const button = event.target.closest('.given-list .undo');
  if (!button) return;
  try {
    await tell(`v1/labels/${button.dataset.label}/undo`, { annotator: who() });
    problem();
    await Promise.all([list(), following(), loadDisputes()]);
  } catch (error) {
    problem(error);
  }
});

element.addEventListener('change', async (event) => {
  problem();
  if (event.target.matches('[name=annotator], [name=level], [name=second]')) {
    annotator.set(who());
    skipped = new Set();
    Promise.all([list(), following()]).catch(problem);
  } else if (event.target.matches('.everybody')) {
    list().catch(problem);
  } else if (event.target.matches('.archive') && event.target.files.length) {
    take(event.target);
  } else if (event.target.matches('.import') && event.target.files.length) {
    const [file] = event.target.files;
    event.target.value = '';
    const query = new URLSearchParams({ name: file.name, annotator: who() });
    try {
      const found = await ask(`v1/labels/import?${query}`, { method: 'POST', body: file });
      showImported(found);
      Promise.all([list(), loadDisputes()]).catch(problem);
    } catch (error) {
      one('.import-status').textContent = error.message;
      one('.import-details').replaceChildren();
    }
  }
});

const MOST_SHOWN = 200;

function showImported({ added, repeated, changed, contradictions }) {
  one('.import-status').textContent = `${added} stored, ${changed.length} of them in the place of another label of the same person;`
    + ` ${repeated.length} stood already; ${contradictions.length} contradict other labels.`;
  const disputed = contradictions.map(({ task, text, labels }) =>
    `${task} of “${text}”: ${Object.entries(labels).map(([name, label]) => `${name}: ${label}`).join('; ')}`);
  one('.import-details').replaceChildren(...listed('In the place of another label', changed),
    ...listed('Stood already and not stored again', repeated), ...listed('Contradict other labels, to be settled above', disputed));
}

function listed(title, lines) {
  if (!lines.length) return [];
  const more = lines.length - MOST_SHOWN;
  return [make('details', {}, make('summary', {}, `${title} (${lines.length})`), make('ul', {},
    ...lines.slice(0, MOST_SHOWN).map((line) => make('li', {}, line)),
    more > 0 ? make('li', { class: 'quiet' }, `and ${more} more`) : null))];
}

async function take(input) {
  const [file] = input.files;
  const n = input.form.elements.namedItem('n').value;
  input.value = '';
  const status = one('.take-status');
  status.textContent = `Reading ${file.name} …`;
  try {
    const query = new URLSearchParams({ name: file.name, annotator: who(), n });
    const { added, read, found } = await ask(`v1/sentences/archive?${query}`, { method: 'POST', body: file });
    status.textContent = `${added} put up, of ${read} read in ${found}.`;
    await following();
  } catch (error) {
    status.replaceChildren(make('span', { role: 'alert' }, error.message));
  }
}

element.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (!event.target.matches('.queue')) return;
  const area = event.target.elements.namedItem('sentences');
  const texts = area.value.split('\n').map((line) => line.trim()).filter(Boolean);
  try {
    const { added } = await tell('v1/sentences', { annotator: who(), texts });
    area.value = '';
    problem();
    await following();
    status(`${added} put up. ${one('.desk-status').textContent}`);
  } catch (error) {
    problem(error);
  }
});

// Keys choose while the tab is open and nobody types a text.
document.addEventListener('keydown', (event) => {
  if (one('.desk').hidden || element.offsetParent === null || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches('input:not([type=radio]), textarea, select, summary, a')) return;
  if (event.target.closest('.settling, .choice-of-work')) return;
  if (event.key === 'Enter') {
    if (event.target.closest('button')) return;
    event.preventDefault();
    return save();
  }
  if (event.key === 's') return skip();
  if (event.key === 'u') return undoLast();
  const radio = one(`.desk fieldset:not([hidden]) input[data-key="${CSS.escape(event.key)}"]`);
  if (!radio) return;
  event.preventDefault();
  radio.checked = true;
});

one('[name=annotator]').value = annotator.get();
Promise.all([list(), following()]).catch(problem);
