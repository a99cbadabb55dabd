// server tcp|unix|tls|udp|http DESCRIPTOR [PEM|BYTES]
package main

import (
	"bytes"
	"crypto/tls"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func echo(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, 1<<16)
	for {
		count, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if _, err = connection.Write(buffer[:count]); err != nil {
			return
		}
	}
}

func serveStreams(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		must(err)
		go echo(connection)
	}
}

func serveDatagrams(socket *net.UDPConn) {
	buffer := make([]byte, 1<<16)
	for {
		count, peer, err := socket.ReadFromUDPAddrPort(buffer)
		must(err)
		_, _ = socket.WriteToUDPAddrPort(buffer[:count], peer)
	}
}

func serveHTTP(listener net.Listener, size string) {
	count, err := strconv.Atoi(size)
	must(err)
	body := bytes.Repeat([]byte("x"), count)
	answer := func(response http.ResponseWriter, request *http.Request) {
		response.Header().Set("Content-Length", size)
		_, _ = response.Write(body)
	}
	must(http.Serve(listener, http.HandlerFunc(answer)))
}

func main() {
	transport := os.Args[1]
	descriptor, err := strconv.Atoi(os.Args[2])
	must(err)
	file := os.NewFile(uintptr(descriptor), "socket")
	if transport == "udp" {
		socket, err := net.FilePacketConn(file)
		must(err)
		serveDatagrams(socket.(*net.UDPConn))
	}
	listener, err := net.FileListener(file)
	must(err)
	switch transport {
	case "http":
		serveHTTP(listener, os.Args[3])
	case "tls":
		certificate, err := tls.LoadX509KeyPair(os.Args[3], os.Args[3])
		must(err)
		serveStreams(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}}))
	default:
		serveStreams(listener)
	}
}
