// Package workflowgrpc drives workflows over gRPC with the published client library (protocol 10.7).
package workflowgrpc

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/workflow"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"sagad/tests/conformance/go/stage"
)

func TestMain(m *testing.M) { os.Exit(stage.Run(m, stage.InitGRPCWorkflows)) }

// saga is a workflow of two steps, each with a branch that is called again to undo it. undone may
// refuse to be done with the undoing of a branch.
func saga(out, in *stage.Branch, undone func(branch *stage.Branch) error) workflow.WfFunc2 {
	return func(wf *workflow.Workflow, _ []byte) ([]byte, error) {
		for _, branch := range []*stage.Branch{out, in} {
			branch := branch
			wf.NewBranch().OnRollback(func(*dtmcli.BranchBarrier) error {
				if _, err := stage.Invoke(wf, branch); err != nil {
					return err
				}
				return undone(branch)
			})
			if _, err := stage.Invoke(wf, branch); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
}

func atOnce(*stage.Branch) error { return nil }

func TestWorkflowGrpcSimple(t *testing.T) {
	t.Parallel()
	money := stage.NewAccounts(t)
	out := stage.Adjusting(t, "out", money.Out, -stage.Amount)
	in := stage.Adjusting(t, "in", money.In, stage.Amount)
	w := stage.NewWorkflow(t, saga(out, in, atOnce))
	if _, err := w.Execute(); err != nil {
		t.Fatal(err)
	}
	stage.ExpectStatus(t, w.GID, "succeed")
	stage.ExpectSteps(t, w.GID, "succeed", "01 action succeed", "02 action succeed")
	money.ExpectMoved(t)
}

func TestWorkflowGrpcRollback(t *testing.T) {
	t.Parallel()
	money := stage.NewAccounts(t)
	out := stage.Adjusting(t, "out", money.Out, -stage.Amount)
	in := stage.Adjusting(t, "in", money.In, -2*stage.Opening)
	w := stage.NewWorkflow(t, saga(out, in, atOnce))
	for i := 0; i < 2; i++ {
		_, err := w.Execute()
		if !errors.Is(err, dtmcli.ErrFailure) || !strings.Contains(err.Error(), "balance not enough") {
			t.Fatalf("error is %v", err)
		}
		stage.ExpectStatus(t, w.GID, "failed")
	}
	stage.ExpectSteps(t, w.GID, "failed", "01 action succeed", "02 action failed", "01 rollback succeed")
	money.ExpectUnmoved(t)
	if w.Runs() != 1 {
		t.Errorf("a failed workflow was run %d times", w.Runs())
	}
}

// Steps over HTTP, over gRPC, in place and inside the database's own XA.
func TestWorkflowMixed(t *testing.T) {
	t.Parallel()
	money := stage.NewAccounts(t)
	plain, call, confirm := stage.Answering(t, "plain"), stage.Answering(t, "call"), stage.Answering(t, "confirm")
	w := stage.NewWorkflow(t, func(wf *workflow.Workflow, _ []byte) ([]byte, error) {
		if _, err := stage.Request(wf.NewBranch(), plain); err != nil {
			return nil, err
		}
		wf.NewBranch().OnCommit(func(*dtmcli.BranchBarrier) error {
			_, err := stage.Invoke(wf, confirm)
			return err
		})
		if _, err := stage.Invoke(wf, call); err != nil {
			return nil, err
		}
		if _, err := wf.NewBranch().Do(func(barrier *dtmcli.BranchBarrier) ([]byte, error) {
			return nil, barrier.CallWithDB(money.DB, money.Withdraw)
		}); err != nil {
			return nil, err
		}
		return nil, stage.DoXA(t, wf, money.In, stage.Amount)
	})
	if _, err := w.Execute(); err != nil {
		t.Fatal(err)
	}
	stage.ExpectSteps(t, w.GID, "succeed", "01 action succeed", "02 action succeed", "03 action succeed",
		"04 business succeed", "04 action succeed", "04 commit succeed", "02 commit succeed")
	money.ExpectMoved(t)
	if len(plain.Calls()) != 1 || len(call.Calls()) != 1 || len(confirm.Calls()) != 1 {
		t.Errorf("%d, %d and %d calls", len(plain.Calls()), len(call.Calls()), len(confirm.Calls()))
	}
}

// resumed is a workflow that stops once at its second step, and that the server goes on with.
func resumed(t *testing.T, once error) {
	t.Parallel()
	out, in := stage.Answering(t, "out"), stage.Answering(t, "in", once, nil)
	w := stage.NewResumingWorkflow(t, saga(out, in, atOnce))
	if _, err := w.Execute(); err == nil || errors.Is(err, dtmcli.ErrFailure) {
		t.Fatalf("error is %v", err)
	}
	stage.ExpectSteps(t, w.GID, "succeed", "01 action succeed", "02 action succeed")
	if len(out.Calls()) != 1 || len(in.Calls()) != 2 {
		t.Errorf("%d and %d calls", len(out.Calls()), len(in.Calls()))
	}
}

func TestWorkflowGrpcError(t *testing.T)   { resumed(t, status.Error(codes.Internal, "out of order")) }
func TestWorkflowGrpcOngoing(t *testing.T) { resumed(t, dtmcli.ErrOngoing) }

// The first run and each callback stop at another point of the way out and back; only the last one
// comes to the end. The branch that failed is undone too.
func TestWorkflowGrpcRollbackResume(t *testing.T) {
	t.Parallel()
	money := stage.NewAccounts(t)
	ongoing := fmt.Errorf("not yet %w", dtmcli.ErrOngoing)
	withdraw := stage.Adjusting(t, "withdraw", money.Out, -stage.Amount)
	deposit := stage.Adjusting(t, "deposit", money.In, -2*stage.Opening)
	// stopping answers the first call of an op with ongoing; later ones are the account's to answer.
	stopping := func(name string, behind *stage.Branch) *stage.Branch {
		answers := map[string]*stage.Branch{
			"action":   stage.Answering(t, name+"-action", ongoing, nil),
			"rollback": stage.Answering(t, name+"-rollback", ongoing, nil),
		}
		return stage.NewBranch(t, name, func(call stage.Call) (string, error) {
			if _, err := answers[call.Op].Take(call); err != nil {
				return "", err
			}
			return behind.Take(call)
		})
	}
	out, in := stopping("out", withdraw), stopping("in", deposit)
	late := stage.Answering(t, "late", ongoing, nil)
	w := stage.NewCompensatingWorkflow(t, saga(out, in, func(branch *stage.Branch) error {
		if branch != out {
			return nil
		}
		_, err := late.Take(stage.Call{})
		return err
	}))
	if _, err := w.Execute(); !errors.Is(err, dtmcli.ErrOngoing) {
		t.Fatalf("error is %v", err)
	}
	for run := 2; run <= 5; run++ {
		w.AwaitRuns(t, run)
	}
	stage.ExpectSteps(t, w.GID, "failed",
		"01 action succeed", "02 action failed", "02 rollback succeed", "01 rollback succeed")
	money.ExpectUnmoved(t)
	if w.Runs() < 6 {
		t.Errorf("it was run %d times", w.Runs())
	}
}

// A finished workflow gives its result without running. The peer forgets the result on this door.
func TestWorkflowGrpcRet(t *testing.T) {
	t.Parallel()
	want := []byte{'r', 0, 0xff, 'x'}
	w := stage.NewWorkflow(t, func(wf *workflow.Workflow, _ []byte) ([]byte, error) {
		_, err := stage.Invoke(wf.NewBranch(), stage.Answering(t, "out"))
		return want, err
	})
	first, err := w.Execute()
	if err != nil || string(first) != string(want) {
		t.Fatalf("result is %q, error %v", first, err)
	}
	again := want
	if stage.IsDTM() {
		again = nil
	}
	second, err := w.Execute()
	if err != nil || string(second) != string(again) {
		t.Errorf("when it is run again, result is %q, error %v", second, err)
	}
	if w.Runs() != 1 {
		t.Errorf("it was run %d times", w.Runs())
	}
}
