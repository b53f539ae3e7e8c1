// A client for node 0.8 and newer. The one argument is JSON: "address" and "port", the options of tls.connect, and
// "asks", a list of further options, each for a connection of its own. Prints a JSON list of which were agreed on.
var tls = require('tls');
var argument = JSON.parse(process.argv[2]);
var agreed = [];

function ask(number) {
  if (number === argument.asks.length) return console.log(JSON.stringify(agreed));
  var options = {rejectUnauthorized: false}, stream, over = false;
  [argument, argument.asks[number]].forEach(function (some) {
    for (var name in some) options[name] = some[name];
  });
  agreed[number] = false;
  function done() {
    if (over) return;
    over = true;
    stream.destroy();
    ask(number + 1);
  }
  stream = tls.connect(argument.port, argument.address, options, function () {
    agreed[number] = true;
    done();
  });
  stream.on('error', done);
  stream.on('close', done);
}

ask(0);
