// Two texts side by side: the boxes, the example, and the answer below them.

const boxes = () => [one('[name=a]'), one('[name=b]')];
const texts = () => boxes().map((box) => box.value);
const example = () => { const { a, b } = one('.try-statements').dataset; return [a, b]; };
let putAside = null; // what the reader had in the boxes before the example came

const same = (some, others) => some.every((text, n) => text === others[n]);

function fill(both) {
  boxes().forEach((box, n) => { box.value = both[n]; });
  one('.put-back').hidden = putAside === null;
}

async function compare() {
  const button = one('.compare-form .primary');
  if (button.disabled) return;
  const place = one('.comparison');
  const [a, b] = texts();
  one('.problem').textContent = '';
  one('.compare-status').textContent = 'Reading …';
  button.disabled = true;
  try {
    place.innerHTML = await tell('page/compare', { a, b });
    one('.shift-title').focus({ preventScroll: true });
    one('.shift-title').scrollIntoView({ block: 'start' });
  } catch (problem) {
    one('.problem').textContent = problem.message;
  } finally {
    button.disabled = false;
    one('.compare-status').textContent = '';
  }
}

element.addEventListener('submit', (event) => {
  event.preventDefault();
  compare();
});

element.addEventListener('click', (event) => {
  const { target } = event;
  if (target.closest('.swap')) fill(texts().reverse());
  if (target.closest('.put-back')) {
    const back = putAside;
    putAside = null;
    fill(back);
    boxes()[0].focus();
  }
  if (target.closest('.try-statements')) {
    if (texts().some((text) => text.trim()) && !same(texts(), example())) putAside = texts();
    fill(example());
    compare();
  }
});

element.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !event.shiftKey || !event.target.matches('textarea')) return;
  event.preventDefault();
  one('.compare-form').requestSubmit();
});

element.addEventListener('change', (event) => {
  if (event.target.matches('.only-changes')) one('.changes').classList.toggle('only', event.target.checked);
});
