// Correcting a judgement: one form, moved below whatever it corrects. Only what somebody changed, or ticked as right, is
// sent. It says "saved" when the service has committed the labels, not before.

let correcting = null; // the control whose judgement is corrected

const form = () => one('.correction');
const field = (name) => form().elements.namedItem(name);

const LEVELS = { sentence: ['tone', 'sentiment'], pair: ['stance', 'act'], new: ['stance', 'act'] };

function openForm(control) {
  correcting = control;
  const { level } = control.dataset;
  control.after(form());
  form().hidden = false;
  form().reset();
  one('.form-error').textContent = '';
  one('.correction-title').textContent =
    level === 'sentence' ? 'What is right?' : level === 'pair' ? `What is right for ${control.dataset.pair}?` : 'Which relation is missing?';
  for (const set of all('.correction fieldset')) set.hidden = !LEVELS[level].includes(set.dataset.task);
  one('.correction .ends').hidden = level !== 'new';
  if (level === 'new') fillEnds(JSON.parse(control.dataset.mentions));
  for (const task of LEVELS[level]) {
    field(task).value = reading(task) ?? ''; // a list or radio buttons; those all stay empty without a label
    showReading(task);
  }
  field('annotator').value = annotator.get();
  one('.correction-title').focus();
  form().scrollIntoView({ block: 'nearest' });
}

// What the release reads; null where it gives no label.
const reading = (task) => correcting.dataset[task] || null;
const isChanged = (task) => field(task).value !== (reading(task) ?? '');
const isAnswered = (task) => field(task).value !== '' && (isChanged(task) || field(`right-${task}`).checked);

function showReading(task) {
  const place = field(`right-${task}`).closest('.as-it-is');
  const words = reading(task) ? `The model says ${reading(task)}.` : 'The model gives no label; leave it empty if you do not know.';
  place.hidden = correcting.dataset.level === 'new';
  place.querySelector('.reading-of').textContent = words;
  place.querySelector('.right').hidden = reading(task) === null;
  matchTick(task);
}

// Another label was chosen, so what the model says is not right.
function matchTick(task) {
  const tick = field(`right-${task}`);
  tick.disabled = isChanged(task);
  if (tick.disabled) tick.checked = false;
}

function fillEnds(mentions) {
  for (const [name, chosen] of [['source', 0], ['target', 1]]) {
    field(name).replaceChildren(...mentions.map(([words, span]) => make('option', { value: span }, words)));
    field(name).selectedIndex = chosen;
  }
}

function closeForm() {
  form().hidden = true;
  one('.details').append(form());
  correcting?.focus();
  correcting = null;
}

function labelsFromForm() {
  const { level } = correcting.dataset;
  const text = correcting.closest('.detail').querySelector('blockquote').textContent;
  const span = (end) => (level === 'new' ? JSON.parse(field(end).value) : JSON.parse(correcting.dataset[end]));
  const ends = level === 'sentence' ? {} : { source: span('source'), target: span('target') };
  if (level === 'new' && ends.source[0] < ends.target[1] && ends.target[0] < ends.source[1]) {
    throw new Error('Source and target must be two different actors.');
  }
  const tasks = LEVELS[level].filter(isAnswered);
  if (level === 'new' && tasks.length < LEVELS.new.length) throw new Error('Choose both a stance and an act.');
  if (!tasks.length) throw new Error('Nothing is changed: choose another label, or tick what is right as it is.');
  const note = field('note').value.trim() || null;
  return tasks.map((task) => ({ text, task, ...ends, old: reading(task), new: field(task).value, note }));
}

async function save() {
  const error = one('.form-error');
  const button = one('.correction [type=submit]');
  const name = field('annotator').value.trim();
  error.textContent = '';
  button.disabled = true; // one click, one label
  try {
    const labels = labelsFromForm();
    const release = one('.diplotone').dataset.release;
    const { saved } = await tell('v1/labels', { annotator: name, release, origin: 'correction', labels });
    annotator.set(name);
    const detail = correcting.closest('.detail');
    for (const label of saved) detail.querySelector('.given').append(givenItem(label));
    markCorrected(detail);
    closeForm();
  } catch (problem) {
    error.textContent = problem.message;
  } finally {
    button.disabled = false;
  }
}

function givenItem(label) {
  const words = label.target ? ` of ${part(label, 'source')} → ${part(label, 'target')}` : '';
  const changed = label.old && label.old !== label.new;
  return make(
    'li', { class: 'fresh', role: 'status' },
    make('span', { 'aria-hidden': 'true' }, '✎ '), `Saved: ${label.task}${words}: `,
    changed ? make('s', {}, label.old) : null, changed ? ' ' : null,
    make('b', {}, label.new),
    make('span', { class: 'quiet' }, ` by ${label.annotator}, ${label.made.slice(0, 16).replace('T', ' ')} UTC `),
    make('button', { type: 'button', class: 'undo', 'data-label': label.id }, 'Undo'),
  );
}

// Offsets count characters; a JavaScript string counts halves of some of them.
const part = (label, end) => (label[end] ? Array.from(label.text).slice(...label[end]).join('') : '');

function markCorrected(detail) {
  const given = detail.querySelectorAll('.given li:not(.undone)').length > 0;
  const sentence = sentences().find((sentence) => sentence.dataset.sentence === detail.dataset.of);
  sentence?.classList.toggle('corrected', given);
}

async function undo(button) {
  button.disabled = true;
  const item = button.closest('li');
  try {
    const name = annotator.get() || window.prompt('Who takes it back? Your name or initials');
    if (!name) return;
    await tell(`v1/labels/${button.dataset.label}/undo`, { annotator: name });
    item.classList.add('undone');
    button.replaceWith(make('span', { role: 'status' }, 'taken back'));
    item.closest('.detail').querySelector('.correct').focus();
    markCorrected(item.closest('.detail'));
  } catch (problem) {
    item.append(make('span', { role: 'alert' }, problem.message));
  } finally {
    button.disabled = false;
  }
}

element.addEventListener('click', (event) => {
  const control = event.target.closest('.correct');
  if (control) return openForm(control);
  if (event.target.closest('.correction .cancel')) return closeForm();
  const put = event.target.closest('.put-up');
  if (put) return putUp(put);
  const button = event.target.closest('.given .undo');
  if (button) return undo(button);
});

async function putUp(button) {
  const status = one('.put-up-status');
  const name = annotator.get() || window.prompt('Who puts them up? Your name or initials');
  if (!name) return;
  button.disabled = true;
  try {
    const texts = all('.detail blockquote').map((quote) => quote.textContent);
    const { added } = await tell('v1/sentences', { annotator: name, texts });
    status.textContent = ` ${added} of ${texts.length} put up; see the tab Labels.`;
  } catch (problem) {
    status.replaceChildren(make('span', { role: 'alert' }, problem.message));
  } finally {
    button.disabled = false;
  }
}

element.addEventListener('change', (event) => {
  const set = event.target.closest('.correction fieldset[data-task]');
  if (set && correcting) matchTick(set.dataset.task);
});

element.addEventListener('submit', (event) => {
  if (!event.target.matches('.correction')) return;
  event.preventDefault();
  save();
});

// Escape closes the form first, and only then the details.
element.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !event.target.closest('.correction')) return;
  event.stopImmediatePropagation();
  closeForm();
}, true);

watch('value', () => {
  correcting = null;
  for (const detail of all('.detail')) markCorrected(detail);
});
