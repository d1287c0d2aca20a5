// Selecting sentences in an analysis. Runs once, with `element` the component that holds the analyses and
// `watch` to hear of a new one; every listener sits on `element`, whose content is replaced in place.

const sentences = () => all('.article [data-sentence]');
const smooth = () => (window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth');

function select(id) {
  let chosen = null;
  for (const sentence of sentences()) {
    const is = sentence.dataset.sentence === id;
    sentence.setAttribute('aria-pressed', String(is));
    sentence.tabIndex = is ? 0 : -1;
    if (is) chosen = sentence;
  }
  for (const detail of all('.detail')) detail.hidden = detail.dataset.of !== id;
  lookUpPrecedents(one('.detail:not([hidden])'));
  for (const step of all('.arc [data-sentence]')) step.classList.toggle('selected', step.dataset.sentence === id);
  for (const row of all('.sentences tbody tr')) {
    row.classList.toggle('selected', row.querySelector('[data-sentence]')?.dataset.sentence === id);
  }
  element.querySelector('.details')?.classList.toggle('open', chosen !== null);
  return chosen;
}

// Near the end of an article the details stop following and may stand half above the window. On a narrow window
// they cover its lower part, so there the sentence goes to the top.
function bringIntoSight(chosen) {
  if (isCovering()) chosen.scrollIntoView({ block: 'start', behavior: smooth() });
  else one('.details.open').scrollIntoView({ block: 'nearest' });
}

const isCovering = () => window.getComputedStyle(one('.details')).position === 'fixed';

function unselect() {
  const pressed = element.querySelector('.sentence[aria-pressed="true"]');
  select(null);
  (pressed ?? sentences()[0])?.setAttribute('tabindex', '0');
  pressed?.focus({ preventScroll: true });
}

element.addEventListener('click', (event) => {
  if (event.target.closest('.close')) return unselect();
  const cell = event.target.closest('[data-dyad]');
  if (cell) return openEvidence(cell.dataset.dyad);
  const from = event.target.closest('[data-sentence]');
  if (!from) return;
  if (from.matches('.sentence') && !window.getSelection().isCollapsed) return; // the reader marks words to copy
  const chosen = select(from.dataset.sentence);
  if (!chosen) return;
  chosen.focus({ preventScroll: true });
  if (from.matches('.sentence') || isCovering()) bringIntoSight(chosen);
  else chosen.scrollIntoView({ block: 'center', behavior: smooth() });
});

function openEvidence(dyad) {
  const card = all('[data-dyad-card]').find((card) => card.dataset.dyadCard === dyad && !card.closest('[hidden]'));
  if (!card) return;
  const fold = card.closest('.more');
  if (fold) fold.open = true;
  const evidence = card.querySelector('details');
  evidence.open = true;
  card.scrollIntoView({ block: 'center', behavior: smooth() });
  evidence.querySelector('summary').focus({ preventScroll: true });
}

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

element.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && element.querySelector('.details.open')) return unselect();
  const from = event.target.closest('.sentence');
  if (!from || event.ctrlKey || event.metaKey || event.altKey) return;
  const list = sentences().filter((sentence) => sentence === from || !sentence.classList.contains('dimmed'));
  const at = list.indexOf(from);
  let to = null;
  if (event.key in STEPS) to = list[at + STEPS[event.key]];
  else if (event.key === 'Home') to = list[0];
  else if (event.key === 'End') to = list[list.length - 1];
  else if (event.key === 'Enter' || event.key === ' ') to = from;
  else return;
  event.preventDefault();
  if (!to) return;
  select(to.dataset.sentence);
  to.focus({ preventScroll: true });
  to.scrollIntoView({ block: 'nearest' });
  bringIntoSight(to);
});

watch('value', () => {
  for (const box of all('input[type=checkbox]')) box.checked = box.defaultChecked;
  element.querySelector('.details')?.classList.remove('open');
  const shown = element.querySelector('.diplotone');
  if (shown && shown.dataset.state !== 'welcome') shown.scrollIntoView({ block: 'start', behavior: smooth() });
});
