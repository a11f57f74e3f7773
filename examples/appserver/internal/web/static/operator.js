// The operator's page draws itself anew when something changes, unless a form of it is in use.

const events = new EventSource('/api/events');
let busy = false;
events.addEventListener('message', async (event) => {
	const type = JSON.parse(event.data).type;
	if (busy || type !== 'operator' && type !== 'missed') return;
	busy = true;
	await new Promise((resolve) => setTimeout(resolve, 500)); // several at once
	try {
		const page = new DOMParser().parseFromString(await (await fetch('/operator')).text(), 'text/html');
		if (!document.getElementById('live').contains(document.activeElement)) {
			document.getElementById('live').replaceWith(page.getElementById('live'));
		}
	} finally {
		busy = false;
	}
});
