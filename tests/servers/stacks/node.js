// An HTTPS server for node 0.8 and newer. The one argument is JSON: where to listen, and the options of
// https.createServer; "key", "cert" and "dhparam" are paths.
var fs = require('fs');
var options = JSON.parse(process.argv[2]);
['key', 'cert', 'dhparam'].forEach(function (name) {
  if (options[name]) options[name] = fs.readFileSync(options[name]);
});
require('https').createServer(options, function (request, response) {
  response.writeHead(200, {'Content-Type': 'text/html', 'Connection': 'close'});
  response.end('<!doctype html><title>Test</title>');
}).listen(options.port, options.address);
process.on('uncaughtException', function (error) {
  if (error.code === 'EADDRINUSE') { console.error(error); process.exit(1); }
  console.error(error);
});
