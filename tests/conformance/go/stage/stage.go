// Package stage is what the tests play on: the server under test, participants that are called by
// it, a database and a Redis for them, and the view from outside on what became of a transaction.
//
// One stage for each test program, set up by Run. Everything listens on 127.0.0.1.
package stage

import (
	"crypto/rand"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/dtm-labs/logger"
	"google.golang.org/grpc"
)

var theServer *server
var theParticipant *participant
var theDirectory string

// Run sets the stage up, runs the tests and takes it down; for TestMain. register may add services
// to the participant's gRPC server before it serves; it is called with the server under test ready.
func Run(m *testing.M, register func(*grpc.Server) error) int {
	logger.WithLogger(silence{})
	flag.Parse()
	if err := flag.Set("test.parallel", "64"); err != nil { // they wait nearly all the time
		return refuse(err)
	}
	var err error
	if theDirectory, err = os.MkdirTemp("", "conformance-go-"); err != nil {
		return refuse(err)
	}
	defer os.RemoveAll(theDirectory)
	// MariaDB is another user when this is root, and its folder is in here.
	if err = os.Chmod(theDirectory, 0o711); err != nil {
		return refuse(err)
	}
	if theParticipant, err = newParticipant(); err != nil {
		return refuse(err)
	}
	if theServer, err = startServer(theDirectory, theParticipant.httpURL(hookPath)); err != nil {
		return refuse(err)
	}
	if register != nil {
		if err := register(theParticipant.grpcServer); err != nil {
			return refuse(err)
		}
	}
	theParticipant.serve()
	code := m.Run()
	stopDatabase()
	stopRedis()
	theParticipant.stop()
	if theServer.process != nil {
		theServer.process.kill()
		if code != 0 {
			fmt.Fprintf(os.Stderr, "the server's last words:\n%s\n", theServer.process.lastLines())
		}
	}
	if theServer.drop != nil {
		theServer.drop()
	}
	return code
}

func refuse(err error) int {
	fmt.Fprintln(os.Stderr, "the stage could not be set up:", err)
	return 1
}

// HTTPServer is the base address of the server under test for dtmcli.
func HTTPServer() string { return "http://" + theServer.http + "/api/dtmsvr" }

// JSONRPCServer is its address for dtmcli with protocol json-rpc.
func JSONRPCServer() string { return "http://" + theServer.http + "/api/json-rpc" }

// GRPCServer is its address for dtmgrpc.
func GRPCServer() string { return theServer.grpc }

// UnreachableServer is an address where nobody listens.
func UnreachableServer(t *testing.T) string {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// NewGID makes a gid that tells which test it is of. None is the beginning of another one.
func NewGID(t *testing.T) string {
	t.Helper()
	tail := make([]byte, 6)
	if _, err := rand.Read(tail); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(t.Name(), "/", ".") + "-" + hex.EncodeToString(tail)
}

// NeedsOwnServer ends a test that needs settings which the suite gives only to a server that it has
// started itself. It skips nothing in a default run, where the suite starts the server.
func NeedsOwnServer(t *testing.T) {
	t.Helper()
	if theServer.kind == "foreign" {
		t.Skipf("needs settings of the server at %s", theServer.http)
	}
}

// IsDTM tells whether the server under test is the one that the protocol comes from.
func IsDTM() bool { return theServer.kind == "dtm" }

// silence drops what the client library logs: the tests look at results.
type silence struct{}

func (silence) Debugf(string, ...interface{}) {}
func (silence) Infof(string, ...interface{})  {}
func (silence) Warnf(string, ...interface{})  {}
func (silence) Errorf(string, ...interface{}) {}
