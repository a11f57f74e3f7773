// listen calls back when something has changed on the server, and when the connection is lost or
// there again. A browser comes back by itself, but not after an error of a proxy.
export function listen(changed, connected) {
	const events = new EventSource('/api/events');
	events.addEventListener('message', (event) => {
		connected(true);
		const { type } = JSON.parse(event.data);
		if (type !== 'beat') changed(type);
	});
	events.addEventListener('error', () => {
		connected(false);
		if (events.readyState === EventSource.CLOSED) setTimeout(listen, 1000, changed, connected);
	});
}
