package stage

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// The environment that says which server is meant; see README.md.
const (
	envHTTP      = "SAGA_CONFORMANCE_HTTP"
	envGRPC      = "SAGA_CONFORMANCE_GRPC"
	envKind      = "SAGA_CONFORMANCE_SERVER"
	envSagaBin   = "SAGA_BIN"
	envSource    = "SAGA_SOURCE"
	envDtmBinary = "SAGA_DTM_BINARY"
	envMariaDB   = "SAGA_MARIADB"
)

// server is the server under test.
type server struct {
	kind    string // sagad, sagad-memory, sagad-mysql, dtm, or foreign: somebody else has started it
	http    string // host:port
	grpc    string // host:port
	process *process
	drop    func() // takes its database away; nil when it has none
}

// startServer starts what the environment asks for. hookURL is where it is to send its alerts.
func startServer(directory, hookURL string) (*server, error) {
	if address := os.Getenv(envHTTP); address != "" {
		return foreignServer(address)
	}
	kind := os.Getenv(envKind)
	switch kind {
	case "", "sagad":
		return startSagad(directory, hookURL, "sagad")
	case "sagad-memory":
		return startSagad(directory, hookURL, "sagad-memory", "--store", "memory")
	case "sagad-mysql":
		return startSagadOnMySQL(directory, hookURL)
	case "dtm":
		return startDtm(directory, hookURL)
	}
	return nil, fmt.Errorf("%s=%s: it is sagad, sagad-memory, sagad-mysql or dtm", envKind, kind)
}

func foreignServer(address string) (*server, error) {
	s := &server{kind: "foreign", http: address, grpc: os.Getenv(envGRPC)}
	if s.grpc == "" {
		return nil, fmt.Errorf("%s is set but %s is not", envHTTP, envGRPC)
	}
	return s, s.ready()
}

func (s *server) ready() error {
	response, err := http.Get("http://" + s.http + "/api/dtmsvr/newGid")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("newGid is answered %s", response.Status)
	}
	return nil
}

func startSagad(directory, hookURL, kind string, args ...string) (*server, error) {
	bin := os.Getenv(envSagaBin)
	if bin == "" {
		return nil, fmt.Errorf("%s is not set: it is the directory of sagad, build/release/bin", envSagaBin)
	}
	data := filepath.Join(directory, "sagad")
	args = append(args, "--data-dir", data, "--http-listen", "127.0.0.1:0", "--grpc-listen", "127.0.0.1:0",
		"--log-level", "warn", "--alert-webhook", hookURL)
	p, err := startProcess(directory, "server", environmentWithout("SAGAD_"), filepath.Join(bin, "sagad"), args...)
	if err != nil {
		return nil, err
	}
	s := &server{kind: kind, process: p}
	return s, p.waitReady(func() error { return s.readPorts(filepath.Join(data, "sagad.ports")) })
}

// startSagadOnMySQL starts it on a new database in the MariaDB that the environment names.
func startSagadOnMySQL(directory, hookURL string) (*server, error) {
	address := os.Getenv(envMariaDB)
	if address == "" {
		return nil, fmt.Errorf("%s is not set: it is the address of a MariaDB", envMariaDB)
	}
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, err
	}
	name := "saga_" + hex.EncodeToString(random[:])
	db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(%s)/", address))
	if err != nil {
		return nil, err
	}
	if _, err := db.Exec("create database " + name); err != nil {
		return nil, err
	}
	store := fmt.Sprintf("mysql://root@%s/%s", address, name)
	migrate := exec.Command(filepath.Join(os.Getenv(envSagaBin), "sagad"), "migrate", "--apply", "--store", store)
	if output, err := migrate.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", migrate, err, output)
	}
	s, err := startSagad(directory, hookURL, "sagad-mysql", "--store", store)
	if err != nil {
		return nil, err
	}
	s.drop = func() {
		_, _ = db.Exec("drop database " + name)
		_ = db.Close()
	}
	return s, nil
}

// readPorts reads the file that sagad writes when it is ready.
func (s *server) readPorts(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var ports struct{ HTTP, GRPC string }
	if err := json.Unmarshal(text, &ports); err != nil {
		return err
	}
	if ports.HTTP == "" || ports.GRPC == "" {
		return errors.New("sagad.ports names no ports yet")
	}
	s.http, s.grpc = ports.HTTP, ports.GRPC
	return nil
}

func startDtm(directory, hookURL string) (*server, error) {
	binary := os.Getenv(envDtmBinary)
	if binary == "" {
		return nil, fmt.Errorf("%s is not set: it is DTM's program", envDtmBinary)
	}
	if err := onlyLoopback(); err != nil {
		return nil, err
	}
	s := &server{kind: "dtm"}
	var err error
	s.process, err = tryStart(func() (*process, error) {
		httpPort, err := freePort()
		if err != nil {
			return nil, err
		}
		grpcPort, err := freePort()
		if err != nil {
			return nil, err
		}
		s.http, s.grpc = fmt.Sprintf("127.0.0.1:%d", httpPort), fmt.Sprintf("127.0.0.1:%d", grpcPort)
		// Without UPDATE_BRANCH_SYNC its release loses the steps of workflows on this store.
		env := append(os.Environ(), "UPDATE_BRANCH_SYNC=1",
			"HTTP_PORT="+strconv.Itoa(httpPort), "GRPC_PORT="+strconv.Itoa(grpcPort),
			"CONFIG_UPDATE_INTERVAL=1", "TRANS_CRON_INTERVAL=1", "LOG_LEVEL=warn", "ALERT_WEB_HOOK="+hookURL)
		p, err := startProcess(directory, "server", env, binary)
		if err != nil {
			return nil, err
		}
		return p, p.waitReady(s.ready)
	})
	return s, err
}

// onlyLoopback refuses to let DTM, which listens on all interfaces, be reached from outside.
func onlyLoopback() error {
	interfaces, err := net.Interfaces()
	if err != nil {
		return err
	}
	for _, each := range interfaces {
		if each.Flags&net.FlagLoopback == 0 && each.Flags&net.FlagUp != 0 {
			return fmt.Errorf("DTM listens on all interfaces, and %s is one of them: "+
				"run it through tests/conformance/run, which leaves only lo", each.Name)
		}
	}
	return nil
}

func environmentWithout(prefix string) []string {
	var kept []string
	for _, entry := range os.Environ() {
		if len(entry) < len(prefix) || entry[:len(prefix)] != prefix {
			kept = append(kept, entry)
		}
	}
	return kept
}
