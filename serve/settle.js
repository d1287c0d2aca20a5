// Settling what annotators disagree about: their labels side by side, one of them or another chosen and stored
// beside them. And how far annotators agree in all.

let disputes = [];

const dispute = () => disputes[0];
const settleProblem = (error) => { one('.settle-problem').textContent = error?.message ?? ''; };
const settleRadios = (task) => all(`[name=settle-${task}]`);

async function loadDisputes() {
  const [found, agreed] = await Promise.all([ask('v1/labels/disputes'), ask('v1/labels/agreement'), loadLeftOut()]);
  ({ disputes } = found);
  one('.agreement').replaceChildren(...agreementTable(agreed.tasks), ...unknownLabels(agreed.unknown));
  showDispute();
  one('.settle-status').textContent = disputes.length ? '' :
    `Nobody disagrees${found.settled ? ` any more; ${found.settled} settled` : ''}.`;
}

// Reads all labels, so only while somebody looks.
async function loadLeftOut() {
  if (one('.exports').open) one('.left-out').textContent = inWords(await ask('v1/labels/left-out'));
}

function inWords({ disputed, unknown, csv }) {
  const parts = [
    disputed && `${disputed} about which people disagree and which nobody has settled`,
    unknown && `${unknown} that the codebook of this release does not have`,
    csv && `in CSV also ${csv} about actors whose words stand more than once in their sentence`,
  ].filter(Boolean);
  return parts.length ? `Labels that an export leaves out: ${parts.join('; ')}.` : '';
}

function agreementTable(tasks) {
  const counted = tasks.filter((task) => task.n);
  if (!counted.length) return [make('p', { class: 'quiet' }, 'Agreement is told as soon as two people have labelled the same blind.')];
  const heads = ['Task', 'Items', 'People', 'Same', 'Alpha'];
  const rows = counted.map((task) => make('tr', {},
    make('th', { scope: 'row' }, task.task), ...[task.n, task.annotators, `${Math.round(100 * task.same)} %`, task.alpha.toFixed(2)]
      .map((value) => make('td', { class: 'number' }, String(value)))));
  return [
    make('table', { class: 'agreements' },
      make('caption', {}, "How far annotators agree (Krippendorff's alpha) on what two or more labelled; corrections of a label that was shown do not count"),
      make('thead', {}, make('tr', {}, ...heads.map((head) => make('th', { scope: 'col' }, head)))),
      make('tbody', {}, ...rows)),
  ];
}

function unknownLabels(n) {
  if (!n) return [];
  const labels = n === 1 ? '1 label that was given is' : `${n} labels that were given are`;
  return [make('p', {}, `${labels} not in the codebook of this release, and so kept, but counted neither here nor in exports and retrainings.`)];
}

function showDispute() {
  const found = dispute();
  one('.n-disputes').textContent = disputes.length ? `(${disputes.length})` : '';
  one('.dispute').hidden = !found;
  if (!found) return;
  one('.dispute').reset();
  one('.dispute-title').textContent = `${found.task[0].toUpperCase()}${found.task.slice(1)}: ${disputes.length} to settle`;
  one('.disputed').replaceChildren(...marked(found));
  showPair(one('.disputed-pair'), found);
  one('.opinions').replaceChildren(...found.labels.map((label, number) => opinion(found.task, label, number + 1)));
  for (const set of all('.dispute fieldset')) set.hidden = set.dataset.task !== found.task;
}

function howGiven(label) {
  if (label.old) return label.old === label.new ? ', as the model has it' : `, as a correction of ${label.old}`;
  return label.origin === 'correction' ? ', where the model gave none' : '';
}

function opinion(task, label, key) {
  const radio = settleRadios(task).find((radio) => radio.value === label.new);
  const sign = radio?.closest('label');
  const chip = make('span', { class: `chip ${sign?.className.replace('choice', '') ?? ''}` });
  const mark = sign?.querySelector('.mark')?.cloneNode(true);
  chip.append(...[mark, ` ${label.new}`].filter(Boolean));
  return make('li', {},
    make('b', {}, label.annotator), ' says ', chip,
    make('div', { class: 'quiet' }, `${label.made.slice(0, 16).replace('T', ' ')} UTC${howGiven(label)}`),
    label.text === dispute().text ? null : make('div', { class: 'quiet' }, `of the text written: “${label.text}”`),
    label.note ? make('p', {}, `“${label.note}”`) : null,
    make('button', { type: 'button', class: 'take-opinion', 'data-label': label.new }, `Take ${label.annotator}’s `, make('kbd', {}, String(key))));
}

function takeOpinion(label) {
  const radio = settleRadios(dispute().task).find((radio) => radio.value === label);
  if (!radio) return settleProblem(new Error(`"${label}" is no label of this codebook any more; choose another.`));
  radio.checked = true;
  radio.focus();
}

async function settle() {
  settleProblem();
  const found = dispute();
  const holds = one(`[name=settle-${found.task}]:checked`)?.value;
  if (!who()) return settleProblem(new Error('Say who settles it: your name or initials, at the top.'));
  if (!holds) return settleProblem(new Error('Choose the label that holds.'));
  const note = one('.dispute [name=note]').value.trim() || null;
  const { text, task, source, target } = found;
  try {
    const { saved: [row] } = await tell('v1/labels/settle', { annotator: who(), label: { text, task, source, target, new: holds, note } });
    annotator.set(who());
    await Promise.all([loadDisputes(), list()]);
    one('.settle-status').textContent = `Settled: ${row.task} is ${row.new}, says ${row.annotator}. ${one('.settle-status').textContent}`;
    one(disputes.length ? '.dispute-title' : '.settling > summary').focus({ preventScroll: true });
  } catch (error) {
    settleProblem(error);
  }
}

element.addEventListener('click', (event) => {
  const take = event.target.closest('.take-opinion');
  if (take) return takeOpinion(take.dataset.label);
  if (!event.target.closest('.later')) return;
  disputes.push(disputes.shift());
  showDispute();
  one('.dispute-title').focus({ preventScroll: true });
});

element.addEventListener('submit', (event) => {
  if (!event.target.matches('.dispute')) return;
  event.preventDefault();
  settle();
});

element.addEventListener('keydown', (event) => {
  if (!event.target.closest('.dispute') || event.target.matches('[name=note]')) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const take = all('.take-opinion')[Number(event.key) - 1];
  if (take) {
    event.preventDefault();
    takeOpinion(take.dataset.label);
  } else if (event.key === 'Enter' && !event.target.closest('button')) {
    event.preventDefault();
    settle();
  }
});

one('.exports').addEventListener('toggle', () => loadLeftOut().catch(settleProblem));

loadDisputes().catch(settleProblem);
