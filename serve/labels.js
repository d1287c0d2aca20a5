// Labelling sentences one by one with keys, and the list of labels given.

let waiting = [];
let skipped = new Set();
let last = null; // the ids of the labels saved last
let older = null; // where the list of labels goes on

const tasks = ['tone', 'sentiment'];
const who = () => one('[name=annotator]').value.trim();
const chosen = (task) => one(`[name=desk-${task}]:checked`)?.value;
const status = (text) => { one('.desk-status').textContent = text; };
const problem = (error) => { one('.problem').textContent = error?.message ?? ''; };

async function following() {
  if (!who()) {
    one('.desk').hidden = true;
    return status('Say who labels; then the sentences come, those first of which the release is least sure.');
  }
  const { texts } = await ask(`v1/sentences?${new URLSearchParams({ annotator: who(), limit: 100 })}`);
  waiting = texts.filter((text) => !skipped.has(text));
  showNext();
}

function showNext() {
  const [text] = waiting;
  one('.desk').hidden = text === undefined;
  for (const radio of all('.desk input')) radio.checked = false;
  if (text === undefined) return status('No sentence waits. Put some up below, or those of an article of yours.');
  one('.to-label').textContent = text;
  status(`${waiting.length === 100 ? '100 or more' : waiting.length} to label.`);
}

async function save() {
  problem();
  const [text] = waiting;
  const labels = tasks.filter(chosen).map((task) => ({ text, task, new: chosen(task) }));
  if (labels.length < tasks.length) return problem(new Error('Choose a tone and a sentiment.'));
  try {
    const { saved } = await tell('v1/labels', { annotator: who(), labels });
    annotator.set(who());
    last = saved.map((label) => label.id);
    waiting.shift();
    showNext();
    status(`Saved: ${saved.map((label) => label.new).join(', ')}. ${one('.desk-status').textContent}`);
    one('.to-label').focus({ preventScroll: true });
    list().catch(problem);
  } catch (error) {
    problem(error);
  }
}

function skip() {
  skipped.add(waiting.shift());
  showNext();
}

async function undoLast() {
  if (!last) return status('There is nothing to undo since the page was opened.');
  try {
    for (const id of last) await tell(`v1/labels/${id}/undo`, { annotator: who() });
    last = null;
    await following();
    status('Taken back.');
    list().catch(problem);
  } catch (error) {
    problem(error);
  }
}

async function list(before = null) {
  const page = await ask(`v1/labels?limit=20${before ? `&before=${before}` : ''}`);
  const rows = page.labels.map(row);
  const place = one('.given-list');
  if (before && place.querySelector('tbody')) place.querySelector('tbody').append(...rows);
  else place.replaceChildren(rows.length ? table(rows) : make('p', { class: 'quiet' }, 'None yet.'));
  older = page.next;
  one('.more-labels').hidden = older === null;
  one('.annotators').textContent = Object.entries(page.annotators).map(([name, n]) => `${name}: ${n}`).join(' · ');
  const disputed = page.contradictions.map((found) =>
    make('li', {}, make('b', {}, `${found.task}: ${Object.entries(found.labels).map(([name, label]) => `${name} says ${label}`).join(', ')}`), ` “${found.text}”`));
  one('.contradictions').replaceChildren(...(disputed.length ? [make('h3', {}, `Annotators disagree about ${disputed.length}`), make('ul', {}, ...disputed)] : []));
}

const HEADS = ['When', 'Who', 'Task', 'Label', 'Sentence', 'Undo'];

function table(rows) {
  const head = make('tr', {}, ...HEADS.map((name) => make('th', { scope: 'col' }, name)));
  const made = make('table', { class: 'sentences' }, make('thead', {}, head), make('tbody', {}, ...rows));
  return make('div', { class: 'scroll-x', tabindex: '0', role: 'region', 'aria-label': 'Labels given' }, made);
}

function row(label) {
  const what = label.undoes ? `takes back ${label.undoes}` : label.old && label.old !== label.new ? `${label.old} → ${label.new}` : label.new;
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
    await Promise.all([list(), following()]);
  } catch (error) {
    problem(error);
  }
});

element.addEventListener('change', async (event) => {
  problem();
  if (event.target.matches('[name=annotator]')) {
    annotator.set(who());
    skipped = new Set();
    following().catch(problem);
  } else if (event.target.matches('.import') && event.target.files.length) {
    const [file] = event.target.files;
    event.target.value = '';
    const query = new URLSearchParams({ name: file.name, annotator: who() });
    try {
      const found = await ask(`v1/labels/import?${query}`, { method: 'POST', body: file });
      one('.import-status').textContent =
        `${found.added} stored, ${found.repeated.length} stood already, ${found.contradictions.length} contradict other annotators.`;
      list().catch(problem);
    } catch (error) {
      one('.import-status').textContent = error.message;
    }
  }
});

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
  if (event.key === 'Enter') {
    if (event.target.closest('button')) return;
    event.preventDefault();
    return save();
  }
  if (event.key === 's') return skip();
  if (event.key === 'u') return undoLast();
  const radio = one(`.desk input[data-key="${CSS.escape(event.key)}"]`);
  if (!radio) return;
  event.preventDefault();
  radio.checked = true;
});

one('[name=annotator]').value = annotator.get();
Promise.all([list(), following()]).catch(problem);
