package stage

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// Branch is one end point of the participant, for one test. It can be called over every transport
// and remembers its calls.
type Branch struct {
	name    string
	handler Handler

	mutex sync.Mutex
	calls []Call
}

// NewBranch adds a branch. The name must be new in its test.
func NewBranch(t *testing.T, name string, handler Handler) *Branch {
	t.Helper()
	b := &Branch{name: strings.ReplaceAll(t.Name(), "/", ".") + "." + name, handler: handler}
	if !theParticipant.add(b) {
		t.Fatalf("two branches %s", b.name)
	}
	return b
}

// Answering adds a branch that gives one answer after the other, the last one again and again;
// without any it succeeds. nil is success.
func Answering(t *testing.T, name string, answers ...error) *Branch {
	t.Helper()
	return AnsweringBehind(t, name, nil, answers...)
}

// AnsweringBehind is Answering with the last answer kept back until the gate is open.
func AnsweringBehind(t *testing.T, name string, gate *Gate, answers ...error) *Branch {
	t.Helper()
	if len(answers) == 0 {
		answers = []error{nil}
	}
	var mutex sync.Mutex
	next := 0
	take := func() (answer error, last bool) {
		mutex.Lock()
		defer mutex.Unlock()
		answer, last = answers[next], next == len(answers)-1
		if !last {
			next++
		}
		return answer, last
	}
	return NewBranch(t, name, func(Call) (string, error) {
		answer, last := take()
		if last && gate != nil {
			gate.Wait()
		}
		return "", answer
	})
}

// URL is where the branch is called over HTTP.
func (b *Branch) URL() string { return theParticipant.httpURL(branchPath + b.name) }

// JSONRPCURL is where it is called with JSON-RPC.
func (b *Branch) JSONRPCURL() string {
	return theParticipant.httpURL(jsonRPCPath + b.name + "?method=call")
}

// Target is where it is called over gRPC.
func (b *Branch) Target() string {
	return theParticipant.grpcListener.Addr().String() + b.MethodName()
}

// MethodName is its gRPC method alone.
func (b *Branch) MethodName() string { return grpcService + b.name }

// Take remembers a call and answers it, as the servers do; for branches made of others.
func (b *Branch) Take(call Call) (string, error) {
	b.mutex.Lock()
	b.calls = append(b.calls, call)
	b.mutex.Unlock()
	return b.handler(call)
}

// Calls are the calls so far, in the order of their arrival.
func (b *Branch) Calls() []Call {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return append([]Call(nil), b.calls...)
}

// CallsOf are the calls so far with one op.
func (b *Branch) CallsOf(op string) []Call {
	var found []Call
	for _, call := range b.Calls() {
		if call.Op == op {
			found = append(found, call)
		}
	}
	return found
}

// AwaitCalls waits until the branch has been called count times.
func (b *Branch) AwaitCalls(t *testing.T, count int) []Call {
	t.Helper()
	deadline := time.Now().Add(patience)
	for len(b.Calls()) < count {
		if time.Now().After(deadline) {
			t.Fatalf("%s was called %d times, want %d", b.name, len(b.Calls()), count)
		}
		time.Sleep(pollInterval)
	}
	return b.Calls()
}

// ExpectNoCalls checks that the branch has not been called.
func (b *Branch) ExpectNoCalls(t *testing.T) {
	t.Helper()
	if calls := b.Calls(); len(calls) != 0 {
		t.Errorf("%s was called %d times, want none", b.name, len(calls))
	}
}

// Gate holds calls back until it is opened.
type Gate struct {
	once sync.Once
	open chan struct{}
}

// NewGate makes a closed gate; it opens at the latest with the end of the test.
func NewGate(t *testing.T) *Gate {
	g := &Gate{open: make(chan struct{})}
	t.Cleanup(g.Open)
	return g
}

// Open lets every call through from now on.
func (g *Gate) Open() { g.once.Do(func() { close(g.open) }) }

// Wait waits for Open, but never longer than the suite's patience.
func (g *Gate) Wait() {
	select {
	case <-g.open:
	case <-time.After(patience):
	}
}

// Rendezvous succeeds for calls that are out at the same time: each waits until all have come. It is
// an error for those that wait in vain, as they do when calls are made one after the other.
func Rendezvous(count int) Handler {
	var group sync.WaitGroup
	group.Add(count)
	met := make(chan struct{})
	go func() {
		group.Wait()
		close(met)
	}()
	seen := map[string]bool{}
	var mutex sync.Mutex
	return func(call Call) (string, error) {
		mutex.Lock()
		if !seen[call.BranchID] {
			seen[call.BranchID] = true
			group.Done()
		}
		mutex.Unlock()
		select {
		case <-met:
			return "", nil
		case <-call.Context.Done():
			return "", call.Context.Err()
		}
	}
}
