/* node-media-server with nothing but RTMP: node nms.js PORT, in the folder
 * that node_modules is in. */
const path = require('path');
const NodeMediaServer = require(path.resolve('node_modules',
    'node-media-server'));

new NodeMediaServer({
	bind: '127.0.0.1',
	rtmp: { port: Number(process.argv[2]) },
	store: { path: './data', maxHistory: 10 },
	record: { auto: false, path: './record' },
	webadmin: { enable: false }
}).run();
