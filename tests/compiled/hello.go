// What Go's linker says of the build.
//
// go CGO_ENABLED=0 build -trimpath -ldflags=-w | pass: go-cgo no-debug | n/a: stack-protector fortify
// go CGO_ENABLED=0 build | fail: go-cgo no-debug stripped
// go CGO_ENABLED=0 GOARCH=arm64 build -trimpath -ldflags=-s | pass: go-cgo stripped | fail: static-pie machine
package main

import "os"

func main() {
	os.Stdout.WriteString("hello\n")
}
