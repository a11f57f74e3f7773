// listen calls changed when something has changed on the server, and connected when the connection
// is lost or back. Browsers reconnect by themselves, except after a response with an error status.
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
