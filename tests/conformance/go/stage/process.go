package stage

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// startPatience is how long a server may take until it answers; a machine under load is slow.
const startPatience = 60 * time.Second

// process is a server that the suite has started. It ends with the suite, however the suite ends.
type process struct {
	cmd     *exec.Cmd
	logPath string
	ended   chan struct{}
}

// startProcess starts a program in a directory; what it writes goes to <directory>/<name>.log.
func startProcess(directory, name string, env []string, program string, args ...string) (*process, error) {
	p := &process{
		cmd:     exec.Command(program, args...),
		logPath: filepath.Join(directory, name+".log"),
		ended:   make(chan struct{}),
	}
	output, err := os.OpenFile(p.logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	p.cmd.Dir, p.cmd.Env = directory, env
	p.cmd.Stdout, p.cmd.Stderr = output, output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		// The signal comes when the thread that started the process ends, so it must live as long.
		runtime.LockOSThread()
		defer output.Close()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait()
			close(p.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s does not start: %w", program, err)
	}
	return p, nil
}

// waitReady asks until the server answers, has ended, or startPatience is over.
func (p *process) waitReady(ready func() error) error {
	deadline := time.Now().Add(startPatience)
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended: %s\n%s", p.cmd.Path, p.cmd.ProcessState, p.lastLines())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s is not ready after %s: %w\n%s", p.cmd.Path, startPatience, err, p.lastLines())
		}
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

func (p *process) lastLines() string {
	text, err := os.ReadFile(p.logPath)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) > 30 {
		lines = lines[len(lines)-30:]
	}
	for i, line := range lines {
		if len(line) > 300 {
			lines[i] = line[:300] + "..."
		}
	}
	return strings.Join(lines, "\n")
}

// freePort names a port of 127.0.0.1 that nobody listens on, for programs that cannot take one
// themselves. Somebody may take it in between: their start is tried again with another one.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// startTries is how often a program that needs a free port is started.
const startTries = 3

func tryStart(start func() (*process, error)) (*process, error) {
	var failures []string
	for i := 0; i < startTries; i++ {
		p, err := start()
		if err == nil {
			return p, nil
		}
		failures = append(failures, err.Error())
	}
	return nil, fmt.Errorf("%s", strings.Join(failures, "\n"))
}
