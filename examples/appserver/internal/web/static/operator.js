// The operator's page reloads its content when something changes, unless the focus is in it or
// details are open.

import { listen } from './events.js';

const live = () => document.getElementById('live');
let waits = false;

listen(async (type) => {
	if (waits || type !== 'operator' && type !== 'missed') return;
	waits = true;
	await new Promise((resolve) => setTimeout(resolve, 500)); // one reload for several events
	waits = false;
	const response = await fetch('/operator').catch(() => null);
	if (!response?.ok) return; // the next event reloads
	const found = new DOMParser().parseFromString(await response.text(), 'text/html').getElementById('live');
	if (!found) location.reload(); // the session has expired
	else if (!live().contains(document.activeElement) && !live().querySelector('details[open]')) live().replaceWith(found);
}, (there) => { document.getElementById('lost').hidden = there; });

// A second click must not decide twice.
document.addEventListener('submit', (event) => {
	if (event.target.sent) event.preventDefault();
	event.target.sent = true;
});
