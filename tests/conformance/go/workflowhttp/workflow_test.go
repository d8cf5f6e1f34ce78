// Package workflowhttp drives workflows over HTTP with the published client library (protocol 10.7).
package workflowhttp

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/workflow"

	"sagad/tests/conformance/go/stage"
)

func TestMain(m *testing.M) { os.Exit(stage.Run(m, stage.InitHTTPWorkflows)) }

// saga is a workflow of two steps, each with a branch that is called again to undo it.
func saga(out, in *stage.Branch) workflow.WfFunc2 {
	return func(wf *workflow.Workflow, _ []byte) ([]byte, error) {
		for _, branch := range []*stage.Branch{out, in} {
			branch := branch
			wf.NewBranch().OnRollback(func(*dtmcli.BranchBarrier) error {
				_, err := stage.Request(wf, branch)
				return err
			})
			if _, err := stage.Request(wf, branch); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
}

// tcc is the same with tries, confirms and cancels.
func tcc(tryOut, tryIn, confirm, cancel *stage.Branch) workflow.WfFunc2 {
	return func(wf *workflow.Workflow, _ []byte) ([]byte, error) {
		for _, try := range []*stage.Branch{tryOut, tryIn} {
			wf.NewBranch().OnCommit(func(*dtmcli.BranchBarrier) error {
				_, err := stage.Request(wf, confirm)
				return err
			}).OnRollback(func(*dtmcli.BranchBarrier) error {
				_, err := stage.Request(wf, cancel)
				return err
			})
			if _, err := stage.Request(wf, try); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
}

func succeeds(t *testing.T, w *stage.Workflow) []byte {
	t.Helper()
	result, err := w.Execute()
	if err != nil {
		t.Fatal(err)
	}
	stage.ExpectStatus(t, w.GID, "succeed")
	return result
}

func fails(t *testing.T, w *stage.Workflow) {
	t.Helper()
	if _, err := w.Execute(); !errors.Is(err, dtmcli.ErrFailure) {
		t.Fatalf("error is %v", err)
	}
	stage.ExpectStatus(t, w.GID, "failed")
}

// stops is a run that leaves the transaction open.
func stops(t *testing.T, w *stage.Workflow) {
	t.Helper()
	_, err := w.Execute()
	if err == nil || errors.Is(err, dtmcli.ErrFailure) {
		t.Fatalf("error is %v", err)
	}
}

func TestWorkflowNormal(t *testing.T) {
	t.Parallel()
	money := stage.NewAccounts(t)
	out := stage.Adjusting(t, "out", money.Out, -stage.Amount)
	in := stage.Adjusting(t, "in", money.In, stage.Amount)
	w := stage.NewWorkflow(t, saga(out, in))
	succeeds(t, w)
	stage.ExpectSteps(t, w.GID, "succeed", "01 action succeed", "02 action succeed")
	money.ExpectMoved(t)
}

func TestWorkflowRollback(t *testing.T) {
	t.Parallel()
	money := stage.NewAccounts(t)
	out := stage.Adjusting(t, "out", money.Out, -stage.Amount)
	in := stage.Adjusting(t, "in", money.In, -2*stage.Opening)
	w := stage.NewWorkflow(t, saga(out, in))
	fails(t, w)
	stage.ExpectSteps(t, w.GID, "failed", "01 action succeed", "02 action failed", "01 rollback succeed")
	money.ExpectUnmoved(t)
	if _, err := w.Execute(); !errors.Is(err, dtmcli.ErrFailure) {
		t.Errorf("when it is run again, error is %v", err)
	}
	if w.Runs() != 1 {
		t.Errorf("a failed workflow was run %d times", w.Runs())
	}
}

func TestWorkflowTcc(t *testing.T) {
	t.Parallel()
	confirm, cancel := stage.Answering(t, "confirm"), stage.Answering(t, "cancel")
	w := stage.NewWorkflow(t, tcc(stage.Answering(t, "out"), stage.Answering(t, "in"), confirm, cancel))
	succeeds(t, w)
	stage.ExpectSteps(t, w.GID, "succeed",
		"01 action succeed", "02 action succeed", "02 commit succeed", "01 commit succeed")
	if len(confirm.Calls()) != 2 {
		t.Errorf("%d confirms", len(confirm.Calls()))
	}
	cancel.ExpectNoCalls(t)
}

func TestWorkflowTccRollback(t *testing.T) {
	t.Parallel()
	confirm, cancel := stage.Answering(t, "confirm"), stage.Answering(t, "cancel")
	in := stage.Answering(t, "in", fmt.Errorf("no room %w", dtmcli.ErrFailure))
	w := stage.NewWorkflow(t, tcc(stage.Answering(t, "out"), in, confirm, cancel))
	fails(t, w)
	stage.ExpectSteps(t, w.GID, "failed", "01 action succeed", "02 action failed", "01 rollback succeed")
	if len(cancel.Calls()) != 1 {
		t.Errorf("%d cancels", len(cancel.Calls()))
	}
	confirm.ExpectNoCalls(t)
}

// resumed is a workflow that stops once at its second step, and that the server goes on with.
func resumed(t *testing.T, once error) {
	t.Parallel()
	money := stage.NewAccounts(t)
	out := stage.Adjusting(t, "out", money.Out, -stage.Amount)
	deposit := stage.Adjusting(t, "deposit", money.In, stage.Amount)
	answers := stage.Answering(t, "answers", once, nil)
	in := stage.NewBranch(t, "in", func(call stage.Call) (string, error) {
		if text, err := answers.Take(call); err != nil {
			return text, err
		}
		return deposit.Take(call)
	})
	w := stage.NewResumingWorkflow(t, saga(out, in))
	stops(t, w)
	stage.ExpectSteps(t, w.GID, "succeed", "01 action succeed", "02 action succeed")
	money.ExpectMoved(t)
	if len(out.Calls()) != 1 {
		t.Errorf("the step that was done was called %d times", len(out.Calls()))
	}
}

func TestWorkflowError(t *testing.T)   { resumed(t, errors.New("out of order")) }
func TestWorkflowOngoing(t *testing.T) { resumed(t, dtmcli.ErrOngoing) }

// What a step gave is not asked for again.
func TestWorkflowResumeSkip(t *testing.T) {
	t.Parallel()
	counter := stage.NewBranch(t, "counter", func(stage.Call) (string, error) { return "first result", nil })
	in := stage.Answering(t, "in", errors.New("out of order"), nil)
	results := make(chan string, 10)
	local := stage.Answering(t, "local")
	w := stage.NewResumingWorkflow(t, func(wf *workflow.Workflow, data []byte) ([]byte, error) {
		result, err := stage.Request(wf.NewBranch(), counter)
		if err != nil {
			return nil, err
		}
		bytes, err := wf.NewBranch().Do(func(*dtmcli.BranchBarrier) ([]byte, error) {
			_, err := local.Take(stage.Call{})
			return []byte(" and a local one"), err
		})
		if err != nil {
			return nil, err
		}
		results <- result + string(bytes) + " for " + string(data)
		_, err = stage.Request(wf.NewBranch(), in)
		return nil, err
	})
	stops(t, w)
	stage.ExpectSteps(t, w.GID, "succeed", "01 action succeed", "02 action succeed", "03 action succeed")
	first, second := <-results, <-results
	if first != "\"first result\" and a local one for input" || first != second {
		t.Errorf("results are %q and %q", first, second)
	}
	if len(counter.Calls()) != 1 || len(local.Calls()) != 1 {
		t.Errorf("steps were done %d and %d times", len(counter.Calls()), len(local.Calls()))
	}
}

// A finished workflow gives its result without running.
func TestWorkflowRet(t *testing.T) {
	t.Parallel()
	want := []byte{'r', 0, 0xff, 'x'}
	w := stage.NewWorkflow(t, func(wf *workflow.Workflow, _ []byte) ([]byte, error) {
		_, err := stage.Request(wf.NewBranch(), stage.Answering(t, "out"))
		return want, err
	})
	for i := 0; i < 2; i++ {
		if result := succeeds(t, w); string(result) != string(want) {
			t.Errorf("result is %q", result)
		}
	}
	if w.Runs() != 1 {
		t.Errorf("it was run %d times", w.Runs())
	}
}

// onceThen gives one answer the first time, and success afterwards.
func onceThen(t *testing.T, answer error) func() error {
	branch := stage.Answering(t, "once", answer, nil)
	return func() error {
		_, err := branch.Take(stage.Call{})
		return err
	}
}

// The workflow itself says that it is not done.
func TestWorkflowSimpleResume(t *testing.T) {
	t.Parallel()
	stop := onceThen(t, dtmcli.ErrOngoing)
	w := stage.NewResumingWorkflow(t, func(*workflow.Workflow, []byte) ([]byte, error) { return nil, stop() })
	stops(t, w)
	stage.ExpectSteps(t, w.GID, "succeed")
}

// A step is stored once: another result for it is refused.
func TestWorkflowBranchConflict(t *testing.T) {
	t.Parallel()
	gate := stage.NewGate(t)
	w := stage.NewWorkflow(t, func(*workflow.Workflow, []byte) ([]byte, error) {
		gate.Wait()
		return nil, nil
	})
	ended := make(chan error, 1)
	go func() {
		_, err := w.Execute()
		ended <- err
	}()
	w.AwaitRuns(t, 1)
	register := func(data string) int {
		status, _ := stage.Post(t, "/api/dtmsvr/registerBranch", fmt.Sprintf(
			`{"gid":%q,"trans_type":"workflow","branch_id":"01","op":"action","status":"succeed","data":%q}`, w.GID, data))
		return status
	}
	if status := register("one"); status != http.StatusOK {
		t.Errorf("the first is answered %d", status)
	}
	if status := register("another"); status == http.StatusOK {
		t.Errorf("the second is answered %d", status)
	}
	gate.Open()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	state := stage.ExpectSteps(t, w.GID, "succeed", "01 action succeed")
	if string(state.Branches[0].BinData) != "one" {
		t.Errorf("stored is %q", state.Branches[0].BinData)
	}
}
