// A client for node 0.8 and newer that asks for one cipher at a time. The one argument is JSON: "address", "port" and
// "ciphers", and the options of tls.connect. Prints a JSON list of the ciphers that were agreed on.
var tls = require('tls');
var options = JSON.parse(process.argv[2]);
var agreed = [];

function ask(ciphers) {
  if (!ciphers.length) return console.log(JSON.stringify(agreed));
  options.ciphers = ciphers[0];
  options.rejectUnauthorized = false;
  var stream, over = false;
  function done() {
    if (over) return;
    over = true;
    stream.destroy();
    ask(ciphers.slice(1));
  }
  stream = tls.connect(options.port, options.address, options, function () {
    agreed.push(stream.getCipher().name);
    done();
  });
  stream.on('error', done);
  stream.on('close', done);
}

ask(options.ciphers);
