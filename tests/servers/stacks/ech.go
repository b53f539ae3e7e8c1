// A server and a client of TLS 1.3 that speak Encrypted Client Hello, as Go's crypto/tls does.
//
//	ech serve ADDRESS CURVE KEY CONFIG CERTIFICATE...   KEY and CONFIG in hex, empty for a server without ECH
//	ech dial ADDRESS NAME ROOTS CONFIGS                 CONFIGS in base64, as in an HTTPS record
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	return value
}

func main() {
	if os.Args[1] == "serve" {
		serve(os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6:])
	} else {
		dial(os.Args[2], os.Args[3], os.Args[4], os.Args[5])
	}
}

func serve(address, curve, key, config string, certificates []string) {
	curves := map[string]tls.CurveID{"X25519": tls.X25519, "P-384": tls.CurveP384}
	settings := &tls.Config{CurvePreferences: []tls.CurveID{curves[curve]}}
	for _, file := range certificates {
		settings.Certificates = append(settings.Certificates, must(tls.LoadX509KeyPair(file, file)))
	}
	if key != "" {
		settings.EncryptedClientHelloKeys = []tls.EncryptedClientHelloKey{{
			Config:      must(hex.DecodeString(config)),
			PrivateKey:  must(hex.DecodeString(key)),
			SendAsRetry: true,
		}}
	}
	listener := must(tls.Listen("tcp", address, settings))
	for {
		connection := must(listener.Accept())
		go answer(connection)
	}
}

func answer(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return
		}
		if line == "\r\n" {
			fmt.Fprint(connection, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: text/plain\r\n\r\nok\n")
			return
		}
	}
}

func dial(address, name, file, configs string) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(file)))
	connection, err := tls.Dial("tcp", address, &tls.Config{
		ServerName:                     name,
		RootCAs:                        roots,
		EncryptedClientHelloConfigList: must(base64.StdEncoding.DecodeString(configs)),
	})
	var rejected *tls.ECHRejectionError
	switch {
	case errors.As(err, &rejected):
		fmt.Printf("rejected %s\n", base64.StdEncoding.EncodeToString(rejected.RetryConfigList))
	case err != nil:
		fmt.Println(err)
	default:
		fmt.Printf("accepted %t\n", connection.ConnectionState().ECHAccepted)
	}
}
